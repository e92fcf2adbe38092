"""`python -m theia_sf` is `theia-sf`."""

from theia_sf.cli.main import main

if __name__ == "__main__":
    main()
