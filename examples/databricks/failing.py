"""A Python file that fails."""

print("about to divide")
print(1 / 0)
