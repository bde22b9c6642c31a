// Nothing is called from here: see Parallelism.c.
