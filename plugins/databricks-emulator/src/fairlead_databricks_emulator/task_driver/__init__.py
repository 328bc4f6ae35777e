"""What runs in the process of a task: nothing but the standard library, in whatever Python the task has.

The emulator starts it as the package `task_driver`, without the emulator being installed in that Python.
"""
