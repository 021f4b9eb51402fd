"""Starting and stopping the processes of a running system, in order."""
