"""The sections of a site file, one module each; `site.py` is the list that registers them."""
