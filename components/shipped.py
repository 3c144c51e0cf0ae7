"""Where the files are that travel with the library: in the repository and in the wheel alike."""

from pathlib import Path

_LIBRARY = Path(__file__).resolve().parent


def function_code(name: str) -> str:
    """The folder of a function that the library ships.

    In the wheel ``functions/`` is inside the package; in the repository it stands beside it,
    where a person looks for it.

    Raises:
        ValueError: there is no such folder, which means that the installation is not whole.
    """
    for place in (_LIBRARY / "functions", _LIBRARY.parent / "functions"):
        if (folder := place / name).is_dir():
            return str(folder)
    raise ValueError(
        f"slipway: the code of the function {name!r} is not part of this installation. Next step: "
        "install the wheel again, or give the component the folder of your own code."
    )


def manifests() -> str:
    """The folder of Kubernetes manifests that the library ships.

    Raises:
        ValueError: it is not there, which means that the installation is not whole.
    """
    for place in (_LIBRARY / "k8s", _LIBRARY.parent / "k8s"):
        if (place / "kustomization.yaml").is_file():
            return str(place)
    raise ValueError(
        "slipway: the Kubernetes manifests (k8s/) are not part of this installation. Next step: "
        "install the wheel again, or give EksWebApp the folder of your own as 'manifests'."
    )
