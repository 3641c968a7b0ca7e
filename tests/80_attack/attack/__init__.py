"""Attacks on the finished program, through its command line: kills, full disks, strangers' files, environments, damage,
hostile input.
"""
