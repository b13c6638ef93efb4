"""Records ``click-and-pixel.md`` with curl, against a running demo:

python docs/transcripts/record.py [PORT]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
INTRODUCTION = """# A click and a pixel, as they travel

Recorded with curl by `docs/transcripts/record.py` against the demo; only ports, tokens, ids and
dates differ from one recording to the next. curl's own user agent is a known bot, so it takes a
browser's.
"""


def main() -> None:
    track = f"http://track.localhost:{sys.argv[1] if len(sys.argv) > 1 else 8000}"
    shop = track.replace("track.", "shop.")
    with tempfile.TemporaryDirectory() as folder:
        cookies = f"{folder}/cookies"
        steps = [
            (
                "A hard click: the slots are written, the token is in the target's query.",
                f"{track}/t/1/c/1?to={shop}/?colour=green%23tents&ref=article-7&consent=1",
                ["-A", BROWSER],
            ),
            (
                "The sale, by pixel, with the token that the shop kept. Always a picture.",
                f"{track}/t/1/pixel.gif?order=TRANSCRIPT-1&amount=49.90&click={{token}}",
                ["-A", BROWSER],
            ),
            (
                "An amount that is none: still a picture, and a header that says what is wrong.",
                f"{track}/t/1/pixel.gif?order=TRANSCRIPT-2&amount=1e5",
                ["-A", BROWSER],
            ),
            (
                "A target that is not the advertiser's: its landing page. No consent: no cookie.",
                f"{track}/t/1/c/1?to=https://evil.example/&consent=0",
                ["-A", BROWSER],
            ),
            (
                "A known bot is redirected and counted, and gets neither cookie nor token.",
                f"{track}/t/1/c/1",
                [],
            ),
            ("An advertiser that does not exist.", f"{track}/t/999999/c/1", ["-A", BROWSER]),
        ]
        text = INTRODUCTION
        for title, url, arguments in steps:
            token = re.search(r"sclk=([\w-]+)", text)
            text += _step(title, url.format(token=token and token[1]), arguments, cookies)
    (HERE / "click-and-pixel.md").write_text(text)


def _step(title: str, url: str, arguments: list[str], cookies: str) -> str:
    kept = ["-b", cookies, "-c", cookies]
    command = ["curl", "-si", *kept, *arguments, url]
    answer = subprocess.run(command, check=True, capture_output=True).stdout
    head = answer.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    head = re.sub(r"^(set-cookie:) +", r"\1 ", head, flags=re.MULTILINE)
    shown = ["curl", "-si", "-b", "cookies", "-c", "cookies"]
    shown += [f"'{word}'" if " " in word else word for word in arguments]
    return f"\n{title}\n\n```\n$ {' '.join(shown)} '{url}'\n{head}\n```\n"


if __name__ == "__main__":
    main()
