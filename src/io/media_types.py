"""Prints the table of python/cog/_media_types.py, its one argument, as rows of C++."""

import runpy
import sys

for extension, names in runpy.run_path(sys.argv[1])["TABLE"].items():
    for name in names.split():
        print(f'{{".{extension}", "{name}"}},')
