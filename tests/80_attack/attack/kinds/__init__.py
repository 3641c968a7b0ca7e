"""One module a kind; each has ``cases(ground)``, which yields what is tried, in order, with seeds of its own."""
