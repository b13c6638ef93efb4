"""YOURLS (MIT), behind nginx and PHP-FPM, with MariaDB: a row and a counter for each click."""

import getpass
import http.client
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

from network.bench.browsers import get
from network.bench.load import Plan
from network.bench.others.affiliate_system import await_server, is_redirect
from network.bench.others.rounds import NotComparable, Tracker
from network.local.processes import Program, Supervisor, tail

ADDRESS = "https://github.com/YOURLS/YOURLS.git"
CHILDREN = 8
"""PHP's processes: enough that none of the load generator's connections waits for a free one."""
NEEDED = {
    "mariadbd": ("mariadbd",),
    "mariadb": ("mariadb",),
    "mariadb-install-db": ("mariadb-install-db",),
    "PHP-FPM": ("php-fpm8.4", "php-fpm8.3", "php-fpm8.2", "php-fpm"),
    "nginx": ("nginx",),
}
REMEDY = "apt-get install nginx-light php-fpm php-mysql php-mbstring mariadb-server"
CONFIG = """<?php
define('YOURLS_DB_USER', 'root');
define('YOURLS_DB_PASS', '');
define('YOURLS_DB_NAME', 'yourls');
define('YOURLS_DB_HOST', 'localhost');
define('YOURLS_DB_PREFIX', 'yourls_');
define('YOURLS_SITE', 'http://127.0.0.1:{port}');
define('YOURLS_LANG', '');
define('YOURLS_UNIQUE_URLS', true);
define('YOURLS_PRIVATE', true);
define('YOURLS_COOKIEKEY', 'only for a measurement on this machine');
define('YOURLS_URL_CONVERT', 36);
define('YOURLS_DEBUG', false);
$yourls_user_passwords = ['bench' => 'bench'];
"""
FPM = """
[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
{user}
listen = {folder}/fpm.sock
pm = static
pm.max_children = {children}
php_admin_value[pdo_mysql.default_socket] = {folder}/db.sock
php_admin_value[error_log] = {folder}/php.log
"""
NGINX = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
        server {{
        listen 127.0.0.1:{port};
        root {folder}/yourls;
        location / {{ try_files $uri /yourls-loader.php$is_args$args; }}
        location ~ \\.php$ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:{folder}/fpm.sock;
        }}
    }}
}}
"""
LINK = """
INSERT INTO yourls_url (keyword, url, title, ip, clicks)
VALUES ('bench', 'https://www.shop.example/', 'Shop', '127.0.0.1', 0)
"""


@contextmanager
def running(folder: Path, supervisor: Supervisor, source: str) -> Iterator[Tracker]:
    """``source``: a folder with YOURLS, or where git gets it. Raises NotComparable with what is
    missing here, and OSError."""
    programs = _programs()
    _copy(source, folder / "yourls")
    with create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
    _start_database(folder, supervisor, programs)
    (folder / "yourls" / "user" / "config.php").write_text(CONFIG.format(port=address[1]))
    _start_servers(folder, supervisor, programs, address[1])
    await_server(address, folder / "nginx.log")
    _install(address)
    _sql(folder, programs, LINK, "yourls")
    version = (folder / "yourls" / "includes" / "version.php").read_text().split("'")[3]
    yield Tracker(
        f"YOURLS {version}",
        f"answered once it is committed in MariaDB with {_durable(folder, programs)}",
        address,
        Plan([get(f"127.0.0.1:{address[1]}", "/bench", {})], is_redirect),
        lambda: int(_sql(folder, programs, "SELECT count(*) FROM yourls_log", "yourls")),
    )
    for name in ("nginx", "fpm", "mariadb"):
        supervisor.stop(name)


def _programs() -> Mapping[str, str]:
    """Where each is. Raises NotComparable with all that are missing."""
    places = ("/usr/sbin", "/usr/local/sbin")
    found = {
        name: next((path for one in names if (path := _which(one, places))), "")
        for name, names in NEEDED.items()
    }
    missing = [name for name, path in found.items() if not path]
    if missing:
        raise NotComparable(
            f"YOURLS needs {', '.join(missing)}, which are not installed here. On Debian: {REMEDY}"
        )
    return found


def _which(name: str, more: tuple[str, ...]) -> str:
    paths = (shutil.which(name), *(shutil.which(name, path=place) for place in more))
    return next(filter(None, paths), "")


def _copy(source: str, target: Path) -> None:
    if Path(source, "yourls-loader.php").exists():
        shutil.copytree(source, target)
        return
    git = shutil.which("git")
    if git is None:
        raise NotComparable("YOURLS is fetched by git, which is not installed here.")
    _run([git, "clone", "--quiet", "--depth", "1", source, str(target)])


def _start_database(folder: Path, supervisor: Supervisor, programs: Mapping[str, str]) -> None:
    data, user = str(folder / "db"), getpass.getuser()
    _run(
        [
            programs["mariadb-install-db"],
            "--no-defaults",
            f"--datadir={data}",
            f"--user={user}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
    )
    command = (
        programs["mariadbd"],
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={folder}/db.sock",
        f"--user={user}",
        "--skip-networking",
        "--innodb-buffer-pool-size=256M",
    )
    supervisor.start(Program("mariadb", command, folder / "mariadb.log", folder=folder))
    _await_file(folder / "db.sock", folder / "mariadb.log")
    _sql(folder, programs, "CREATE DATABASE yourls")


def _start_servers(
    folder: Path, supervisor: Supervisor, programs: Mapping[str, str], port: int
) -> None:
    is_root = getpass.getuser() == "root"
    known = {"folder": folder, "children": CHILDREN, "port": port}
    fpm = FPM.format(user="user = root\ngroup = root" if is_root else "", **known)
    (folder / "fpm.conf").write_text(fpm)
    (folder / "nginx.conf").write_text(NGINX.format(user="user root;" if is_root else "", **known))
    as_root = ("--allow-to-run-as-root",) if is_root else ()
    command = (programs["PHP-FPM"], "--fpm-config", str(folder / "fpm.conf"), *as_root)
    supervisor.start(Program("fpm", command, folder / "fpm-out.log", folder=folder))
    _await_file(folder / "fpm.sock", folder / "fpm-out.log")
    command = (programs["nginx"], "-c", str(folder / "nginx.conf"), "-p", str(folder))
    supervisor.start(Program("nginx", command, folder / "nginx.log", folder=folder))


def _install(address: tuple[str, int]) -> None:
    """By its own page."""
    caller = http.client.HTTPConnection(*address, timeout=60)
    caller.request("GET", "/admin/install.php?install=1")
    response = caller.getresponse()
    page = response.read().decode(errors="replace")
    caller.close()
    if response.status != 200 or "successfully" not in page:
        raise NotComparable(f"YOURLS does not install itself ({response.status}):\n{page[:1000]}")


def _durable(folder: Path, programs: Mapping[str, str]) -> str:
    names = "innodb_flush_log_at_trx_commit", "innodb_doublewrite"
    return ", ".join(f"{name}={_sql(folder, programs, f'SELECT @@{name}')}" for name in names)


def _sql(folder: Path, programs: Mapping[str, str], text: str, database: str = "") -> str:
    socket = f"--socket={folder}/db.sock"
    words = [programs["mariadb"], "--no-defaults", socket, "-uroot", "-N", "-e", text]
    return _run([*words, *filter(None, [database])])


def _await_file(path: Path, log: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > until:
            raise NotComparable(f"It does not start. {log} ends:\n{tail(log)}")
        time.sleep(0.1)


def _run(command: list[str]) -> str:
    """Raises NotComparable with what it said last."""
    ended = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()[-5:]
        raise NotComparable("\n".join([f"{' '.join(command[:6])} failed:", *said]))
    return ended.stdout.strip()
