"""Reads what write_peer_files wrote with NumPy, SciPy, h5py and Pillow or OpenCV, whichever are installed."""
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("python3-numpy is not installed")
    sys.exit(77)

expected = np.array([[0.1 * i + j + 1.0 / 3.0 for j in range(7)] for i in range(5)])
rgb = np.array([[(10 * i, 20 * j, 200) for j in range(7)] for i in range(5)], np.uint8)
checked = []


def check(name, got, want):
    assert got.dtype == want.dtype and got.shape == want.shape and (got == want).all(), name
    checked.append(name)


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    check("npy", np.load(f"{folder}/d.npy"), expected)
    with open(f"{folder}/d.pfm", "rb") as f:
        assert [f.readline() for _ in range(3)] == [b"Pf\n", b"7 5\n", b"-1.0\n"]
        check("pfm", np.frombuffer(f.read(), "<f4").reshape(5, 7)[::-1], expected.astype("<f4"))
    try:
        import scipy.io
        check("mat", scipy.io.loadmat(f"{folder}/d.mat")["depth"], expected)
    except ImportError:
        print("no scipy: d.mat not read")
    try:
        import h5py
        with h5py.File(f"{folder}/d.h5") as f:
            check("h5", f["depth"][()], expected)
    except ImportError:
        print("no h5py: d.h5 not read")
    try:
        from PIL import Image
        check("png", np.array(Image.open(f"{folder}/d.png")).astype(np.uint16),
              np.floor(expected * 1000 + 0.5).astype(np.uint16))
        check("rgb.png", np.array(Image.open(f"{folder}/rgb.png")), rgb)
        check("rgb.ppm", np.array(Image.open(f"{folder}/rgb.ppm")), rgb)
    except ImportError:
        print("no Pillow: pictures not read")
print("read:", ", ".join(checked))
