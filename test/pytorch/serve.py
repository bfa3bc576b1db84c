"""Runs scripts of this folder as it is asked to, for to import PyTorch takes seconds: reads lines `SCRIPT FOLDER`, and
answers each by `done`, or by `failed` once it has said on stderr why."""
import os
import runpy
import sys
import traceback

here = os.path.dirname(os.path.abspath(__file__))
for line in sys.stdin:
    script, folder = line.rstrip("\n").split(" ", 1)
    sys.argv = [script, folder]
    try:
        runpy.run_path(os.path.join(here, f"{script}.py"))
        print("done", flush=True)
    except BaseException:
        traceback.print_exc()
        print("failed", flush=True)
