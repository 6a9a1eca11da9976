"""Measures how fast this project is, the same training written for others, and the version before, in tables.

`python -m tests.benchmarks.speed --help` says how. The parts::

    __main__      the options
    rows          what is measured: networks, and the programs that train them
    network       the sizes of a network
    programs/     one file for each program; each trains windows of a `Problem`
    problem       the data and the weights that every program of a row begins with
    make_problems writes them, in a process of its own
    worker        the process of one program: it prepares, trains once for comparison, and then measures when told
    processes     starts the workers and talks to them
    measure       prepares the programs of a row, compares their losses, and measures them alternately
    record        the measurements as plain values, written and read as JSON
    machine       the machine and the versions
    table, pages  the record as tables, and the tables in the documentation
"""
