"""Is everything there that theia-sf needs (doctor), and how is the pipeline doing (status)?"""
