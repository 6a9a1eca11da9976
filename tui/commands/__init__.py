"""What the subcommands do, one file each.

Those about kept runs are in ``kept_runs``, those that train in ``training``; ``printed`` has what several print.
"""
