"""The dashboards as code, and the SQL of their panels; `make dashboards` writes them into `theia_sf_grafana`.

A dashboard is one module in `dashboards/`, listed in `catalog.py`: it says which panels stand where. The SQL of each
panel is one file in `queries/`. What all share is beside this file: `sql` reads and expands the queries, `panels` makes
a panel of each kind, `variables` the selectors at the top, `links` the ways from one dashboard to another, `layout`
puts panels on the grid, `datasource` says where queries go, `dashboard` puts it all together.
"""
