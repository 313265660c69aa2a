"""What importing and making a client costs, beside a bare interpreter, httpx with pydantic, and openai 3.x."""

from __future__ import annotations

from children import BASE, compile_openft, medians, report

TIMES = 15
SNIPPETS = {
    "bare python": "pass",
    "import openft": "import openft",
    "openft client": "import openft; openft.Client(api_key='sk-x', base_url='http://127.0.0.1:1/v1').files",
    "httpx client": "import httpx; from pydantic import BaseModel; httpx.Client()",
    "import openai": "import openai",
    "openai client": "import openai; openai.OpenAI(api_key='sk-x', base_url='http://127.0.0.1:1/v1').files",
}


def main() -> None:
    """Print the ratios."""
    compile_openft()
    cost = medians({name: [str(BASE), "-c", code] for name, code in SNIPPETS.items()}, TIMES)
    report("import openft", cost["import openft"], "python -c pass", cost["bare python"], goal="<= 1.5")
    report("Client(…).files", cost["openft client"], "httpx + pydantic", cost["httpx client"], goal="<= 1.1")
    report("import openft", cost["import openft"], "import openai", cost["import openai"])
    report("Client(…).files", cost["openft client"], "OpenAI(…).files", cost["openai client"])


if __name__ == "__main__":
    main()
