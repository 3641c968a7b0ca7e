"""What turns the Markdown of this folder into the site: pages, equations, figures. Only ``docs/build.py`` and the tests
use it.
"""
