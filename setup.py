"""Builds the core with mypyc where there is a C compiler; else installs the sources as they are.

The metadata is in pyproject.toml; here is only what a table cannot say. In call order:

    obstacle    why the core cannot be compiled here; without one, mypy is asked for to build with
    translate   the sources of CORE to C, by mypyc, in a temporary directory below build/
    BuildCore   C to extension modules, and the record that verify/build.py reads

An editable install puts the extensions beside the sources, and keeps those that are up to date.

Nothing of this makes an install fail: the sources do all that the compiled core does. VERIFY_PURE=1
asks for the sources, VERIFY_COMPILE=1 makes whatever prevents compiling an error.
"""

from __future__ import annotations

import atexit
import os
import runpy
import shlex
import shutil
import sys
import sysconfig
import tempfile
import textwrap
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = (
    "operation.py",
    "values.py",
    "sync/ownership.py",
    "sync/sleepers.py",
    "sync/flag.py",
    "sync/items.py",
    "sync/stock.py",
    "scheduling/step.py",
    "scheduling/event.py",
    "scheduling/view.py",
    "scheduling/plain_names.py",
    "scheduling/naming.py",
    "scheduling/task.py",
    "scheduling/life.py",
    "scheduling/ordering.py",
    "scheduling/explored_task.py",
    "scheduling/main_body.py",
    "scheduling/await_loops.py",
    "scheduling/terminating.py",
    "scheduling/stepping.py",
    "scheduling/repeating.py",
    "scheduling/engine.py",
    "scheduling/plain_fields.py",
    "scheduling/plain_reach.py",
    "scheduling/patience.py",
    "scheduling/plain_publishing.py",
    "scheduling/plain_data.py",
    "scheduling/explored.py",
    "scheduling/virtual_time.py",
    "instrumentation/containers.py",
    "instrumentation/fields.py",
    "instrumentation/stepping.py",
    "instrumentation/hooks.py",
    "scheduling/laned_cell.py",
    "scheduling/monitor.py",
    "scheduling/in_process.py",
    "scheduling/thread_cell.py",
    "scheduling/threads.py",
    "scheduling/process_cell.py",
    "scheduling/encoding.py",
    "scheduling/task_table.py",
    "scheduling/process_monitor.py",
    "scheduling/processes.py",
    "properties/invariants.py",
    "properties/data_races.py",
    "exploration/clocks.py",
    "exploration/races.py",
    "exploration/wakeup_tree.py",
    "exploration/dpor.py",
    "exploration/subtree.py",
    "exploration/frontier.py",
    "exploration/piece.py",
    "exploration/pieces.py",
    "exploration/encoding.py",
    "exploration/strategy.py",
    "exploration/validator.py",
    "exploration/source_dpor.py",
    "exploration/bounded.py",
    "exploration/depth_first.py",
    "exploration/follow.py",
    "exploration/random_walk.py",
    "exploration/pct.py",
    "exploration/pos.py",
    "exploration/limits.py",
    "exploration/memory.py",
    "exploration/stopping.py",
    "exploration/report.py",
    "exploration/telling.py",
    "exploration/loop.py",
    "exploration/carrying.py",
    "exploration/requests.py",
    "exploration/looks.py",
    "exploration/carriers.py",
    "exploration/code_runs.py",
    "exploration/memoised.py",
)
"""What is compiled, within verify/: whole chains of calls, since each way in or out costs. Not the
coroutines: each that is parked keeps its C frames, and theirs would be a tenth of its memory."""

MYPY = "mypy==2.4.1"
"""The version whose translation has passed the tests: a proof is worth no more than that."""

MUST = "VERIFY_COMPILE"
PACKAGE = Path("verify")
RUNTIME = runpy.run_path(str(PACKAGE / "build.py"))
PURE: str = RUNTIME["PURE"]
RECORD: str = RUNTIME["RECORD"].name
EXTENSION: str = RUNTIME["EXTENSION_SUFFIXES"][0]


def asked(variable: str) -> bool:
    """Whether an environment variable is set, and neither empty nor 0."""
    return os.environ.get(variable, "0") not in ("", "0")


def obstacle() -> str | None:
    """What prevents compiling the core here, as far as can be told before trying."""
    if asked(PURE):
        return f"{PURE} is set"
    command = os.environ.get("CC") or sysconfig.get_config_var("CC")  # none on Windows
    if command and shutil.which(shlex.split(command)[0]) is None:
        return f"there is no C compiler {command!r}"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "there is no Python.h, which Linux distributions keep in a package python3-dev"
    return None


def without_core(why: str) -> list[Extension]:
    """No extensions: the sources are installed, unless that is to be an error."""
    if asked(MUST):
        raise SystemExit(f"verify: {MUST} is set, and the core cannot be compiled: {why}")
    print(f"verify: the core is not compiled, several times slower: {why}", file=sys.stderr)
    return []


def remove_core(package: Path) -> None:
    """Remove an earlier compiled core of this interpreter, and its record."""
    for path in [*package.rglob(f"*{EXTENSION}"), package / RECORD]:
        path.unlink(missing_ok=True)


def translate() -> list[Extension]:
    """The extensions of the compiled core, still in C."""
    from mypyc.build import mypycify

    Path("build").mkdir(exist_ok=True)
    directory = tempfile.mkdtemp(prefix="core-", dir="build")  # setuptools wants a relative path
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    options = ["--config-file=", f"--cache-dir={os.devnull}"]
    options += ["--ignore-missing-imports", "--follow-imports=silent"]
    found: list[Extension] = mypycify(
        [*options, *(str(PACKAGE / path) for path in CORE)],
        debug_level="0",
        group_name="verify._core",
        target_dir=directory,
    )
    for extension in found:  # a warning of another compiler is no reason to do without
        arguments = [one for one in extension.extra_compile_args if one != "-Werror"]
        if sys.platform == "linux":  # nobody replaces our functions: calls among them are direct
            arguments.append("-fno-semantic-interposition")
        extension.extra_compile_args = arguments
    return found


class BuildCore(build_ext):
    """Builds all extensions or none, and writes the record of their sources beside them."""

    def run(self) -> None:
        """Build; where that fails, leave nothing behind but the sources."""
        home = Path(self.build_lib) / PACKAGE
        try:
            super().run()
        except Exception as error:
            why = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
            self.extensions = self.distribution.ext_modules = without_core(why)
            remove_core(home)
            return
        RUNTIME["write_record"]((PACKAGE if self.inplace else home) / RECORD, MADE_BY, SOURCES)


SOURCES = {path: (PACKAGE / path).read_bytes() for path in CORE}  # read before mypyc reads them
MADE_BY = Path(__file__).read_bytes()
IN_PLACE = "editable_wheel" in sys.argv or "--inplace" in sys.argv
hindrance = obstacle()
up_to_date = (
    IN_PLACE
    and hindrance is None
    and RUNTIME["is_made_by"](PACKAGE / RECORD, MADE_BY)
    and RUNTIME["reason_for_sources"](PACKAGE / RECORD, None) is None
)
extensions: list[Extension] = []
if up_to_date:
    print("verify: the compiled core is up to date", file=sys.stderr)
elif IN_PLACE or {"bdist_wheel", "build", "build_ext", "install"} & set(sys.argv):
    if IN_PLACE:
        remove_core(PACKAGE)
    if hindrance is not None:
        extensions = without_core(hindrance)
    else:
        try:
            extensions = translate()
        except SystemExit:
            extensions = without_core("mypyc finds the mistakes above")
        except Exception as error:
            extensions = without_core(f"mypyc fails with {type(error).__name__}: {error}")

setup(
    ext_modules=extensions,
    cmdclass={"build_ext": BuildCore},
    # pip asks for this before it builds, and only then: it must not be fetched in any other way.
    setup_requires=[MYPY] if hindrance is None and "egg_info" in sys.argv else [],
)
