"""Read whatever a process can open, and print where a secret stands: a submission that pries.

It runs in a submission's cell, and outside of a jail to see that it finds what there is to find.
`ROOTS`, `SINCE` and `SOCKETS` stand before it.
"""

SOURCE = r"""
import gc, os, re, socket, stat

SECRET = re.compile(rb"PRIVATE[-](\w+)")  # which does not find itself
found = {}

def look(data, where):
    for name in SECRET.findall(data if isinstance(data, bytes) else str(data).encode()):
        found.setdefault(name.decode(), where)

def read(path, most=2**26):
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        while most > 0 and (data := os.read(file, 2**20)):
            look(data, path)
            most -= len(data)
    except OSError:
        pass
    finally:
        os.close(file)

looked_at = 0
for root in ROOTS:
    for place, folders, names in os.walk(root):
        look(place, place)
        folders[:] = [name for name in folders
                      if (place, name) not in {("/", "proc"), ("/", "sys")}]
        for name in names:
            path = os.path.join(place, name)
            looked_at += 1
            look(name, path)
            try:
                status = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISLNK(status.st_mode):
                look(os.readlink(path), path)
            # What is older was there before the secrets were.
            elif stat.S_ISREG(status.st_mode) and status.st_mtime >= SINCE:
                read(path)

look(os.environ, "the environment")
for process in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "environ", "maps", "mountinfo", "mounts", "comm", "stat", "status"):
        read(f"/proc/{process}/{name}", 2**22)
    for folder in ("fd", "cwd", "root"):
        try:
            names = os.listdir(f"/proc/{process}/{folder}")
        except OSError:
            continue
        for name in names:
            look(name, f"/proc/{process}/{folder}")
            path = f"/proc/{process}/{folder}/{name}"
            if folder == "fd":
                try:
                    look(os.readlink(path), path)
                    if stat.S_ISREG(os.stat(path).st_mode):
                        read(path)
                except OSError:
                    pass
for file in range(3, 200):
    try:
        if stat.S_ISREG(os.fstat(file).st_mode):
            look(os.pread(file, 2**20, 0), f"the descriptor {file}")
    except OSError:
        pass
for name in ("net/unix", "net/tcp", "keys", "sysvipc/shm", "sysvipc/msg", "modules", "mounts"):
    read(f"/proc/{name}")
for name in SOCKETS:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(name)
            look(line.recv(1000), "a socket")
    except OSError:
        pass
for thing in gc.get_objects():
    if type(thing) in (dict, list, tuple):
        for text in thing.values() if type(thing) is dict else thing:
            if type(text) in (str, bytes):
                look(text if type(text) is bytes else text.encode("utf-8", "replace"), "memory")
print("looked at", looked_at)
for name, where in sorted(found.items()):
    print("found", name, "in", where)
"""
