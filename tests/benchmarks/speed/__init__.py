"""Measures the speed of this project, of the same training in other libraries, and of the previous version, as tables.

See `python -m tests.benchmarks.speed --help`. The parts::

    __main__      the options
    rows          what is measured: networks, and the programs that train each
    network       the sizes of a network
    programs/     one file for each program; each trains the windows of a `Problem`
    problem       the data and initial weights of a row, the same for all programs
    make_problems writes these, in a separate process
    worker        the process of one program: it prepares, trains once for comparison, and measures on request
    measure       prepares the programs of a row, compares their losses, and measures them alternately
    record        the measurements as plain values, written and read as JSON
    machine       the machine and the versions
    table, pages  the record as tables, and the tables in the documentation
"""
