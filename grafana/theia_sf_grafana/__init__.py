"""What Grafana is given: provisioning files, dashboards included, as data."""
