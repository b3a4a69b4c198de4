"""What the controller knows of sources: their kind, and the files of a folder that are shipped."""
