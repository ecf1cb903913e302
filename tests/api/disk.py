"""A small disk (tmpfs) in a mount namespace of its own, to be filled."""
import os
import subprocess
import sys

DISK_MB = 128


def enter_namespace():
    """Again in a namespace where disks may be mounted, which end with it."""
    if os.environ.get("RELEVE_TEST_INSIDE"):
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    # Where / is no mount of its own (a chroot) its propagation cannot be changed: whoever uses it takes the disk away again.
    for propagation in ("private", "unchanged"):
        into = ["unshare", *user, "--mount", "--propagation", propagation]
        if subprocess.run([*into, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            break
    sys.exit(subprocess.run([*into, sys.executable, *sys.argv], env=dict(os.environ, RELEVE_TEST_INSIDE="1")).returncode)


def mount(root):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "tmpfs", str(root)], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"FAILED: NO SMALL DISK CAN BE MOUNTED HERE, SO A FULL DISK WAS NOT TESTED: {done.stderr}")


def room(root):
    told = os.statvfs(root)
    return told.f_bavail * told.f_frsize


def fill(root, leave):
    with open(root / "filler", "ab") as filler:
        os.posix_fallocate(filler.fileno(), filler.tell(), room(root) - leave)


def unmount(root):
    subprocess.run(["umount", str(root)], check=False)
