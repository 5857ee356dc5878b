"""PyYAML's CSafeLoader (libyaml) as a benchmark peer: yaml-csafeloader.py FILE. One operation loads every document."""

import sys
import time

try:
    import yaml
    from yaml import CSafeLoader
except ImportError:
    print("missing PyYAML with libyaml", flush=True)
    sys.exit(0)


def main():
    with open(sys.argv[1], "rb") as file:
        text = file.read()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.process_time_ns()
        for _ in range(int(line)):
            for _ in yaml.load_all(text, Loader=CSafeLoader):
                pass
        print(time.process_time_ns() - start, flush=True)


main()
