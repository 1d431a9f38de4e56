"""What models do to their server: bodies of `predict`, by name, for the model of `acting`."""

from __future__ import annotations

ENDINGS = {
    "exits with 0": "os._exit(0)",
    "exits with 255": "os._exit(255)",
    "sys.exit": "sys.exit()",
    "sys.exit with a text": "sys.exit('text')",
    "sys.exit with an object": "sys.exit(object())",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "StopIteration": "raise StopIteration('value')",
    "BaseException": "raise BaseException('text')",
    "CancelationException of its own": "raise CancelationException('not asked for')",
    "killed": "os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)",
    "aborted": "os.abort()",
    "reads from 0": "ctypes.string_at(0)",
    "stopped": "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(60)",
    "SIGTERM to itself": "signal.raise_signal(signal.SIGTERM)",
    "SIGINT to itself": "signal.raise_signal(signal.SIGINT)",
    "SIGHUP to itself": "signal.raise_signal(signal.SIGHUP)",
    "SIGUSR1 to itself": "signal.raise_signal(signal.SIGUSR1)",
    "an alarm": "signal.alarm(1); time.sleep(60)",
    "exits in a thread": "threading.Thread(target=os._exit, args=(4,)).start(); time.sleep(60)",
    "becomes another program": "os.execv('/bin/true', ['true'])",
    "becomes a program that stays": "os.execv('/bin/sleep', ['sleep', '1000'])",
}

ERRORS = {
    "__str__ raises": "class E(Exception):\n  def __str__(self): raise ValueError\nraise E",
    "__repr__ raises": "class E(Exception):\n  def __repr__(self): raise ValueError\nraise E",
    "__str__ raises itself": "class E(Exception):\n  def __str__(self): raise self\nraise E",
    "__str__ is no text": "class E(Exception):\n  def __str__(self): return 3\nraise E",
    "__str__ recurses": "class E(Exception):\n  def __str__(self): return str(self)\nraise E",
    "__str__ hangs": "class E(Exception):\n  def __str__(self): time.sleep(1000)\nraise E",
    "__str__ exits": "class E(Exception):\n  def __str__(self): os._exit(1)\nraise E",
    "__str__ raises SystemExit": "class E(Exception):\n  def __str__(self): sys.exit(3)\nraise E",
    "a text of 10 MiB": "raise ValueError('x' * (10 << 20))",
    "a lone surrogate": "raise ValueError(chr(0xd800))",
    "a zero byte": "raise ValueError('a' + chr(0) + 'b')",
    "arguments that contain themselves": "e = ValueError(); e.args = (e,); raise e",
    "a cause that is itself": "e = ValueError('a'); e.__cause__ = e; raise e",
    "causes in a circle": "a, b = ValueError('a'), ValueError('b'); a.__cause__ = b; b.__cause__ = a; raise a",
    "10,000 causes": "e = None\nfor _ in range(10000):\n  n = ValueError('a'); n.__cause__ = e; e = n\nraise e",
    "a class with an odd name": "raise type(chr(0xdc80) + '\\n', (Exception,), {})('text')",
    "a class that lies": "class E(Exception):\n  @property\n  def __class__(self): raise ValueError\nraise E('text')",
    "a class that is not to be made": "class E(Exception):\n  def __init__(self): 1 / 0\nraise E",
    "an error without its arguments": "raise UnicodeDecodeError.__new__(UnicodeDecodeError)",
    "a syntax error with odd places": "raise SyntaxError('text', ('file', -5, 10 ** 9, None))",
    "deep recursion": "def f(): return f()\nf()",
    "deep recursion in __str__": """
class E(Exception):
  def __str__(self):
    def f(): return f()
    return f()
raise E
""",
    "no memory": "raise MemoryError",
    "no memory indeed": "'x' * (1 << 60)",
    "no exception": "raise 3",
    "while another is handled": "try: 1 / 0\nexcept ZeroDivisionError: raise KeyError(chr(0xd800))",
    "a traceback through eval": "eval(compile('1 / 0', chr(0xdc80) + '\\n', 'eval'))",
    "attributes that raise": "class E(Exception):\n  def __getattribute__(self, name): raise RuntimeError\nraise E",
}

VALUES = {
    "NaN": "return float('nan')",
    "infinity": "return [float('inf')]",
    "a list that contains itself": "a = []; a.append(a); return a",
    "a dict that contains itself": "a = {}; a['a'] = a; return a",
    "an int of 5,000 digits": "return 10 ** 5000",
    "an int of 70 bits": "return 2 ** 70",
    "a text that is a lone surrogate": "return chr(0xd800)",
    "a key that is a lone surrogate": "return {chr(0xd800): 1}",
    "a text with a zero byte": "return 'a' + chr(0)",
    "bytes": "return b'\\xff\\xfe'",
    "a set": "return {1, 'a'}",
    "an object": "return object()",
    "a function": "return lambda: 0",
    "a module": "return sys",
    "a class": "return Predictor",
    "a lock": "return threading.Lock()",
    "an exception": "return ValueError('text')",
    "a generator that raises": "return (1 / 0 for _ in range(2))",
    "a generator that has no end": "import itertools; return (x for x in itertools.count())",
    "a generator that yields itself": "def g():\n  while True: yield me\nme = g(); return me",
    "a generator that exits": "return (os._exit(2) for _ in range(2))",
    "a coroutine": "async def f(): pass\nreturn f()",
    "100,000 lists in each other": "a = []\nfor _ in range(100000): a = [a]\nreturn a",
    "900 lists in each other": "a = []\nfor _ in range(900): a = [a]\nreturn a",
    "tuples as keys": "return {(1, 2): 3}",
    "None as a key": "return {None: 1}",
    "keys that are one text": "return {1: 'a', '1': 'b'}",
    "a text whose __str__ raises": "class S(str):\n  def __str__(self): raise ValueError\nreturn S('a')",
    "an int whose __repr__ raises": "class I(int):\n  def __repr__(self): raise ValueError\nreturn I(3)",
    "a float that says it is text": "class F(float):\n  def __repr__(self): return '\"'\nreturn F(3)",
    "a dict whose items raise": "class D(dict):\n  def items(self): raise ValueError\nreturn D(a=1)",
    "a list that grows": "class L(list):\n  def __iter__(self):\n    while True: yield 1\nreturn L([1])",
    "an object that has everything": "class A:\n  def __getattr__(self, name): return self\nreturn A()",
    "an object that is called": "class A:\n  def __getattr__(self, name): return lambda *a, **k: self\nreturn A()",
    "an iterator that raises": "class A:\n  def __iter__(self): raise SystemExit(3)\nreturn A()",
    "a complex number": "return 1j",
    "20 MB of text": "return 'x' * 20_000_000",
    "a million numbers": "return list(range(1_000_000))",
    "a device without end": "return Path('/dev/zero')",
    "a device that blocks": "os.mkfifo('fifo-output'); return Path('fifo-output')",
    "a folder": "return Path('.')",
    "a path with a zero byte": "return Path('a' + chr(0))",
    "a path that is a lone surrogate": "return Path(chr(0xdc80))",
    "a link to itself": "os.symlink('loop', 'loop'); return Path('loop')",
    "a file that vanishes": "Path('gone').touch(); p = cog.Path('gone'); os.unlink('gone'); return p",
    "a closed file": "f = open(__file__); f.close(); return f",
    "a file that raises": "import io\nclass F(io.BytesIO):\n  def read(self, *a): raise SystemExit\nreturn F(b'a')",
    "memory of another": "return Path('/proc/self/mem')",
}

PRINTS = {
    "without end": "while True: print('x' * 1000)",
    "without end nor newline": "while True: sys.stdout.write('x' * 1000)",
    "raw bytes": "os.write(1, bytes(range(256)) * 1000); os.write(2, b'\\xff' * 100000); return 1",
    "zero bytes": "os.write(1, bytes(1 << 20)); return 1",
    "carriage returns": "print(*range(10000), sep='\\r'); return 1",
    "lone surrogates": "print(chr(0xd800)); return 1",
    "half a character": "sys.stdout.buffer.write('é'.encode()[:1]); return 1",
    "frames of its own": 'os.write(1, b\'{"type":"done"}\\n\' * 100); return 1',
    "to no output": "sys.stdout = None; sys.stderr = None; print('a'); return 1",
    "to what is no file": "sys.stdout = sys.stderr = 3; return 1",
    "to a closed output": "sys.stdout.close(); return 1",
    "to a closed error output": "sys.stderr.close(); return 1",
    "to a writer that raises": "class W:\n  def write(self, t): raise ValueError\nsys.stdout = W()\nprint('a')",
    "to the first outputs": "print('a', file=sys.__stdout__); sys.__stderr__.close(); return 1",
    "in a child": "subprocess.run(['sh', '-c', 'yes | head -c 1000000; exit 3']); return 1",
    "in a thread that stays": """
def f():
  while True: print('x'); time.sleep(0.01)
threading.Thread(target=f, daemon=True).start()
return 1
""",
    "in a child that stays": "subprocess.Popen(['sh', '-c', 'while sleep 0.01; do echo x; done']); return 1",
    "in 50 threads": "for _ in range(50): threading.Thread(target=print, args=('x' * 5000,)).start()\nreturn 1",
}

PROCESSES = {
    "a child": "subprocess.Popen(['sleep', '1000']); return 1",
    "a child of its own session": "subprocess.Popen(['sleep', '1000'], start_new_session=True); return 1",
    "a fork that sleeps": "if os.fork() == 0: time.sleep(1000)\nreturn 1",
    "a fork that exits": "if os.fork() == 0: os._exit(0)\nreturn 1",
    "a fork that exits as the model": "if os.fork() == 0: sys.exit(0)\nreturn 1",
    "a daemon": "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(1000)\n  os._exit(0)\nreturn 1",
    "30 children": "for _ in range(30): subprocess.Popen(['sleep', '1000'])\nreturn 1",
    "a child, and death": "subprocess.Popen(['sleep', '1000'], start_new_session=True); os._exit(3)",
    "a pool": """
import multiprocessing
with multiprocessing.get_context('fork').Pool(2) as p: return p.map(abs, [1, -2])
""",
    "leaves its session": "os.setsid(); return 1",
    "a thread that stays": "threading.Thread(target=time.sleep, args=(1000,)).start(); return 1",
    "a thread that raises": "threading.Thread(target=lambda: 1 / 0).start(); return 1",
    "200 threads": "for _ in range(200): threading.Thread(target=time.sleep, args=(0.2,)).start()\nreturn 1",
    "kills its children": "c = subprocess.Popen(['sleep', '1000']); c.kill(); return 1",
    "reaps who is not its own": "try: return os.waitpid(-1, os.WNOHANG)\nexcept ChildProcessError: return 1",
}

STATE = {
    "no environment": "os.environ.clear(); return 1",
    "another folder": "os.chdir('/'); return 1",
    "a folder that is gone": "os.mkdir('gone-folder'); os.chdir('gone-folder'); os.rmdir(os.getcwd()); return 1",
    "files that nobody may read": "os.umask(0o777); return 1",
    "no path of modules": "sys.path.clear(); return 1",
    "no collection": "import gc; gc.disable(); gc.set_threshold(1); gc.freeze(); return 1",
    "a __del__ that raises": "class A:\n  def __del__(self): raise SystemExit\nA(); return 1",
    "a cycle whose __del__ raises": """
import gc
class A:
  def __del__(self): 1 / 0
a = A()
a.a = a
del a
gc.collect()
return 1
""",
    "an excepthook that raises": "sys.excepthook = lambda *a: 1 / 0; return 1",
    "a thread's excepthook that exits": """
threading.excepthook = lambda *a: sys.exit(3)
threading.Thread(target=lambda: 1 / 0).start()
return 1
""",
    "an exit handler that raises": "import atexit; atexit.register(lambda: 1 / 0); return 1",
    "warnings as errors": "import warnings; warnings.simplefilter('error'); warnings.warn('a')",
    "no logging": "import logging; logging.disable(); logging.root.handlers.clear(); return 1",
    "ASCII only": "sys.stdout.reconfigure(encoding='ascii'); print('é')",
    "another folder for temporary files": "import tempfile; tempfile.tempdir = '/nowhere'; return 1",
    "SIGTERM ignored": "signal.signal(signal.SIGTERM, signal.SIG_IGN); return 1",
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN); return 1",
    "signals blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); return 1",
    "a flood of signals": """
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
return 1
""",
    "a wakeup descriptor": "signal.set_wakeup_fd(-1); return 1",
    "reads its input": "return input()",
    "32 MiB in its folder": "Path('large').write_bytes(bytes(32 << 20)); return 1",
    "1,000 files in its folder": "for i in range(1000): Path(f'file-{i}').touch()\nreturn 1",
}

HANGS = {
    "sleeps": "time.sleep(1000)",
    "works": "while True: pass",
    "sleeps in C": "ctypes.CDLL(None).sleep(1000)",
    "sleeps in C and keeps the lock": "ctypes.PyDLL(None).sleep(1000)",
    "waits for a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "waits for a thread": "t = threading.Thread(target=time.sleep, args=(1000,)); t.start(); t.join()",
    "waits for a child": "subprocess.run(['sleep', '1000'])",
    "waits for a pipe": "os.read(os.pipe()[0], 1)",
    "a regular expression": "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "a large number": "return len(str(7 ** (7 ** 9)))",
    "swallows all": "while True:\n  try: time.sleep(1000)\n  except BaseException: pass",
    "does not end its finally": "try: time.sleep(1000)\nfinally: time.sleep(1000)",
    "ignores signals": "for s in (2, 10, 12, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep(1000)",
    "answers a cancel with an error": "try: time.sleep(1000)\nexcept BaseException: raise ValueError('own')",
    "answers a cancel with a value": "try: time.sleep(1000)\nexcept BaseException: return 'late'",
    "answers a cancel with death": "try: time.sleep(1000)\nexcept BaseException: os._exit(9)",
}
"""Each is run twice: until it is cancelled, and until its time is over."""

SPOILT = {
    "too much processor time": "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
    "closes 0 to 9": "os.closerange(0, 10); return 1",
    "closes everything": "os.closerange(0, 1024); return 1",
    "closes its outputs": "os.close(1); os.close(2); return 1",
    "replaces what is open": "n = os.open('/dev/null', os.O_RDWR)\nfor i in range(64): os.dup2(n, i)\nreturn 1",
    "writes to all that is open": """
for i in range(3, 10):
  try: os.write(i, b'nonsense' * 100)
  except OSError: pass
return 1
""",
    "a fork that answers too": "os.fork(); return 1",
    "no descriptors": "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); return Path(__file__)",
    "opens all it may": "a = []\nwhile True: a.append(open(os.devnull))",
    "no size of files": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); return Path(__file__)",
    "no address space": "resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20)); return bytearray(1 << 25)",
    "no modules": "sys.modules.clear(); return 1",
    "no json": "import json; json.dumps = json.loads = None; json.JSONEncoder = None; return 1",
    "no cog": "cog.__dict__.clear(); return 1",
    "no print": "import builtins; builtins.print = None; return 1",
    "no open": "import builtins; builtins.open = None; return 1",
    "a len that raises": "import builtins; builtins.len = lambda a: 1 / 0; return [1]",
    "no builtins": "import builtins; builtins.__dict__.clear(); return 1",
    "no clock": "time.time = time.monotonic = lambda: float('nan'); time.sleep = None; return 1",
    "no os.write": "os.write = os.read = os.close = os._exit = None; return 1",
    "no sockets": "socket.socket.send = None; socket.socket = None; return 1",
    "no threads": "threading.Thread.start = lambda self: 1 / 0; return 1",
    "no locks": "threading.Lock = threading.RLock = threading.Event = None; return 1",
    "a tracer that raises": "def f(*a): raise ValueError\nsys.settrace(f); threading.settrace(f); return 1",
    "a profiler that exits": "sys.setprofile(lambda *a: sys.exit(3)); return 1",
    "hardly any recursion": "sys.setrecursionlimit(30); return 1",
    "a very deep stack": "sys.setrecursionlimit(1 << 30)\ndef f(): return f()\nf()",
    "an importer that raises": "sys.meta_path.insert(0, 3); sys.modules.pop('json'); import json",
    "all its signals": """
for s in range(1, 65):
  try: signal.signal(s, lambda *a: 1 / 0)
  except (OSError, ValueError): pass
time.sleep(1000)
""",
    "code of the worker": """
for m in list(sys.modules):
  if m.startswith('cog'): sys.modules[m].__dict__.clear()
return 1
""",
    "frames of its callers": "f = sys._getframe()\nwhile f: f.f_locals.clear(); f = f.f_back\nreturn 1",
    "errors in all threads": """
for t in threading.enumerate():
  ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(t.ident), ctypes.py_object(SystemExit))
return 1
""",
    "its memory": "ctypes.memset(id(None), 255, 64); return None",
    "stops all its threads": "import _thread\nwhile True: _thread.interrupt_main()",
}
"""These may leave the process unfit; another must take its place."""

TASKS = {
    "returns a coroutine": "return asyncio.sleep(1000)",
    "blocks the loop": "time.sleep(1000)",
    "waits for ever": "await asyncio.Event().wait()",
    "swallows its cancel": "while True:\n  try: await asyncio.sleep(1000)\n  except asyncio.CancelledError: pass",
    "cancels itself": "asyncio.current_task().cancel(); await asyncio.sleep(0)",
    "cancels itself in silence": "asyncio.current_task().cancel(); return 1",
    "raises CancelledError": "raise asyncio.CancelledError",
    "cancels all tasks": "for t in asyncio.all_tasks(): t.cancel()\nawait asyncio.sleep(1)",
    "stops the loop": "asyncio.get_running_loop().stop(); await asyncio.sleep(0.01); return 1",
    "closes the loop": "asyncio.get_running_loop().close(); return 1",
    "leaves tasks": "for _ in range(100): asyncio.create_task(asyncio.sleep(1000))\nreturn 1",
    "leaves a task that raises": "async def f(): 1 / 0\nasyncio.create_task(f()); await asyncio.sleep(0); return 1",
    "an exception handler that raises": "asyncio.get_running_loop().set_exception_handler(lambda *a: 1 / 0); return 1",
    "SystemExit": "sys.exit(3)",
    "SystemExit in another task": "async def f(): sys.exit(3)\nawait asyncio.create_task(f())",
    "KeyboardInterrupt in another task": "async def f(): raise KeyboardInterrupt\nawait asyncio.create_task(f())",
    "another loop": """
t = threading.Thread(target=asyncio.run, args=(asyncio.sleep(0.01),))
t.start()
t.join()
return 1
""",
    "asyncio.run inside": "asyncio.run(asyncio.sleep(0))",
    "takes the loop's readers": """
loop = asyncio.get_running_loop()
for i in range(3, 30):
  loop.remove_reader(i); loop.remove_writer(i)
return 1
""",
    "a callback without end": "loop = asyncio.get_running_loop()\ndef f(): loop.call_soon(f)\nf(); return 1",
    "waits for a thread that hangs": "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1000)",
    "a generator that is not closed": """
async def g():
  try: yield 1
  finally: await asyncio.sleep(1000)
async for x in g(): return x
""",
}
"""Bodies of an asynchronous `predict`."""

MODELS = {
    "exits when imported": "import os\nos._exit(3)",
    "exits properly when imported": "import sys\nsys.exit(0)",
    "KeyboardInterrupt when imported": "raise KeyboardInterrupt",
    "an error that cannot be told": "class E(Exception):\n  def __str__(self): raise self\nraise E",
    "no Python": "\0",
    "not UTF-8": "# coding: no-such-coding",
    "prints a flood when imported": """
import os
for _ in range(2000): os.write(2, b'x' * 1000)
import nothing_of_this_name
""",
    "closes everything when imported": "import os\nos.closerange(0, 64)",
    "forks when imported": "import os, time\nif os.fork() == 0: time.sleep(1000)\n1 / 0",
    "recurses when imported": "def f(): return f()\nf()",
    "waits when imported": "import time\ntime.sleep(1000)",
    "exits in setup": """
class Predictor:
  def setup(self):
    import os; os._exit(4)
  def predict(self) -> str: return 'a'
""",
    "SystemExit in setup": """
class Predictor:
  def setup(self): raise SystemExit
  def predict(self) -> str: return 'a'
""",
    "kills itself in setup": """
class Predictor:
  def setup(self):
    import os; os.kill(os.getpid(), 9)
  def predict(self) -> str: return 'a'
""",
    "waits in setup": """
class Predictor:
  def setup(self):
    import time; time.sleep(1000)
  def predict(self) -> str: return 'a'
""",
    "an error in __init__": """
class Predictor:
  def __init__(self): self.__dict__ = None
  def predict(self) -> str: return 'a'
""",
    "no predict": "class Predictor:\n  def __getattr__(self, name): return self",
    "a class that cannot be made": """
class M(type):
  def __call__(self): raise SystemExit
class Predictor(metaclass=M):
  def predict(self) -> str: return 'a'
""",
}
"""Whole models of which none can serve."""
