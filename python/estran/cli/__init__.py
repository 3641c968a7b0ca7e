"""The command line: ``estran …``. Each command is a module of its own, imported when it is asked for."""
