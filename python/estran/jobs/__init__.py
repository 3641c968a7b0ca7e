"""Many products, one after another or at once: jobs, what is known of each, where they run, and a STAC item beside each
result.
"""
