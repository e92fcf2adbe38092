"""The dashboards as code, and the SQL of their panels; `make dashboards` writes them into `theia_sf_grafana`."""
