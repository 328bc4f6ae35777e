"""Running the tasks of a run: order, attempts, processes, environments."""
