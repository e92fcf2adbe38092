"""Entry point for plain `pulumi preview` and `pulumi up` in this folder."""

from theia_sf_infra.pipeline import program

program()
