"""The main job from start to end in a sandbox of its own, as a person would type it."""
