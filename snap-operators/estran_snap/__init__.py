"""What SNAP imports: one shim an operator. Generated from the declarations by `make generate`: edit those, not this."""
