"""A plugin that ends the program that imports it."""

print("a line for stdout")
raise SystemExit("this plugin is broken")
