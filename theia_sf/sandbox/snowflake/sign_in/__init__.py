"""How users prove who they are: one module per kind of proof, `theia_sf.sandbox.snowflake.login` chooses among them."""
