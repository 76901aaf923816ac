#!/usr/bin/env python3
"""The report's page in a real browser: sorting, sizes, light and dark, and what accessibility asks of the markup.

usage: report_html_test.py FAKE_REPORT_PROGRAM

Exit code 77 (skipped) without Chromium. The page is put into frames of the widths under test; a script in the
outer page clicks and measures, and leaves its findings in the outer page's DOM, which Chromium prints.
"""
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

PROBE = """<!doctype html><meta charset="utf-8"><body style="margin:0"><pre id="findings">not finished</pre>
<script>
const page = %s;
function open(width, height) {
  return new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.style = `width:${width}px;height:${height}px;border:0`;
    frame.srcdoc = page;
    frame.onload = () => done(frame);
    document.body.append(frame);
  });
}
const column = (table, i) => [...table.tBodies[0].rows].map((r) => r.cells[i].textContent);
(async () => {
  const found = { widths: {}, errors: [] };
  for (const [width, height] of [[390, 844], [1280, 800], [1920, 1080]]) {
    const frame = await open(width, height);
    const root = frame.contentDocument.documentElement;
    found.widths[width] = root.scrollWidth;
    found["paper" + width] = frame.contentWindow.getComputedStyle(frame.contentDocument.body).backgroundColor;
    if (width !== 1280) { frame.remove(); continue; }
    const doc = frame.contentDocument, window_ = frame.contentWindow;
    window_.onerror = (message) => found.errors.push(String(message));
    const table = doc.querySelector("#tables table.sortable");
    const heads = [...table.tHead.rows[0].cells];
    const at = (name) => heads.findIndex((h) => h.textContent.startsWith(name));
    found.order = { start: column(table, 0) };
    const click = (name) => heads[at(name)].querySelector("button").click();
    for (const name of ["AbsRel", "AbsRel", "\\u03b4\\u2081", "Run"]) {
      click(name);
      (found.clicks ??= []).push([name, heads[at(name)].getAttribute("aria-sort"), column(table, 0),
                                  [...table.tBodies[0].rows].map((r) => r.cells[at(name)].dataset.v)]);
    }
    found.sorted_heads = heads.filter((h) => h.hasAttribute("aria-sort")).length;
    const images = [...doc.querySelectorAll("img[src]")];
    images.forEach((i) => { i.loading = "eager"; });
    for (let tries = 0; tries < 100 && images.some((i) => !i.complete); ++tries)
      await new Promise((done) => setTimeout(done, 50));
    found.images = images.filter((i) => i.naturalWidth > 0).length;
    found.broken = images.length - found.images;
    const dialog = doc.querySelector("dialog"), panel = doc.querySelector(".panels button");
    panel.click();
    found.dialog = [dialog.open, dialog.querySelector("img").src === panel.querySelector("img").src];
    dialog.querySelector("button").click();
    found.dialog.push(dialog.open);
    found.plots = [...doc.querySelectorAll("details[open] svg.plot, .scales svg")]
        .filter((s) => s.getBoundingClientRect().width > 100).length;
    frame.remove();
  }
  document.getElementById("findings").textContent = JSON.stringify(found);
})().catch((e) => { document.getElementById("findings").textContent = "stopped: " + e.stack; });
</script>"""


class Outline(html.parser.HTMLParser):
    """Checks nesting and collects what a reader without eyes, or without a network, would meet."""

    def __init__(self):
        super().__init__()
        self.open, self.problems, self.links, self.ids, self.targets = [], [], [], set(), []
        self.count = {}

    def handle_startendtag(self, tag, attrs):
        self.look_at(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.look_at(tag, dict(attrs))

    def look_at(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag == "img" and "dialog" not in self.open and not attrs.get("alt"):
            self.problems.append("an image without a text for it")
        if tag == "th" and attrs.get("scope") not in ("row", "col"):
            self.problems.append("a heading cell without scope")
        if tag == "svg" and not (attrs.get("aria-label") or attrs.get("aria-hidden")):
            self.problems.append("a drawing without a label")
        if tag == "svg" and "aria-label" in attrs and attrs.get("role") != "img":
            self.problems.append("a drawing that is no image to a screen reader")
        if "id" in attrs:
            if attrs["id"] in self.ids:
                self.problems.append("id twice: " + attrs["id"])
            self.ids.add(attrs["id"])
        for name in ("src", "href", "action", "poster", "xlink:href"):
            if name in attrs:
                self.links.append(attrs[name])

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()


def expect(condition, sentence):
    if not condition:
        sys.exit("FAILED: " + sentence)


def check_markup(text):
    outline = Outline()
    outline.feed(text)
    expect(not outline.problems, "; ".join(outline.problems[:5]))
    expect(not outline.open, f"never closed: {outline.open}")
    for link in outline.links:
        expect(link.startswith(("#", "data:")), "the page asks for " + link[:80])
        if link.startswith("#"):
            expect(link[1:] in outline.ids, "a link to nowhere: " + link)
    style = "".join(re.findall(r"<style>(.*?)</style>", text, re.S))
    expect("url(" not in style and "@import" not in style, "the style sheet loads something")
    expect(outline.count["h1"] == 1, "one first heading")
    for needed in ("caption", "nav", "main", "header", "footer", "figcaption"):
        expect(outline.count.get(needed), f"no <{needed}>")
    expect("third against second" in text and "pairs" in outline.ids, "no paired comparison")
    # What runs say is text, never markup.
    expect("fake &lt;model&gt; &amp; co.ini" in text, "the configuration is not escaped")
    expect("<short>" not in text, "a failure's detail is not escaped")


def chromium(program, folder, *arguments):
    return subprocess.run(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
         "--user-data-dir=" + os.path.join(folder, "profile"), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=True).stdout.decode()


def probe(program, folder, *arguments):
    dom = chromium(program, folder, "--virtual-time-budget=60000", "--dump-dom", *arguments,
                   "file://" + os.path.join(folder, "probe.html"))
    findings = re.search(r'<pre id="findings">(.*?)</pre>', dom, re.S).group(1)
    expect(findings.startswith("{"), "the script in the page did not come to its end: " + findings)
    return json.loads(findings.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def lightness(colour):
    return sum(int(c) for c in re.findall(r"\d+", colour)[:3]) / 3


def check_browser(program, folder, text):
    with open(os.path.join(folder, "probe.html"), "w", encoding="utf-8") as file:
        file.write(PROBE % json.dumps(text).replace("</", "<\\/"))
    light = probe(program, folder, "--blink-settings=preferredColorScheme=1")
    for width, needed in light["widths"].items():
        expect(needed <= int(width), f"at {width} pixels the page is {needed} wide")
    expect(light["order"]["start"] == ["second", "third", "first"], "rows start in the order given")
    best_first = ["first", "second", "third"]
    (_, up, by_error, errors), (_, down, by_error_down, _), (_, share, by_share, _), (_, name, by_name, _) = light["clicks"]
    expect((up, by_error) == ("ascending", best_first), f"AbsRel once: {up} {by_error}")
    expect(errors == sorted(errors, key=float), f"AbsRel column is {errors}")
    expect((down, by_error_down) == ("descending", best_first[::-1]), f"AbsRel twice: {down} {by_error_down}")
    expect((share, by_share) == ("descending", best_first), f"delta 1 once: {share} {by_share}")
    expect((name, by_name) == ("ascending", sorted(best_first)), f"run once: {name} {by_name}")
    expect(light["sorted_heads"] == 1, "one column at a time says that it is sorted")
    expect(not light["errors"], f"in the page: {light['errors']}")
    expect(light["images"] >= 3 * 3 * 5 and not light["broken"], f"{light['images']} images, {light['broken']} broken")
    expect(light["dialog"] == [True, True, False], f"larger picture: {light['dialog']}")
    expect(light["plots"] >= 6 + 2 * 9, f"{light['plots']} plots are seen")
    dark = probe(program, folder, "--blink-settings=preferredColorScheme=0")
    expect(lightness(light["paper1280"]) > 230, "light: " + light["paper1280"])
    expect(lightness(dark["paper1280"]) < 50, "dark: " + dark["paper1280"])
    pdf = os.path.join(folder, "page.pdf")
    chromium(program, folder, "--print-to-pdf=" + pdf, "file://" + os.path.join(folder, "report", "report.html"))
    expect(os.path.getsize(pdf) > 10000, "printing gives next to nothing")


def check_many(program, folder):
    """Twenty runs under thirty protocols: a page that can still be loaded and used."""
    many = os.path.join(folder, "many")
    subprocess.run([sys.argv[1], many, "20", "30"], check=True)
    with open(os.path.join(many, "report", "report.html"), encoding="utf-8") as file:
        text = file.read()
    expect(len(text) < 10_000_000, f"a page of {len(text)} bytes")
    expect(text.count("more in pictures/run") == 20, "every run has pictures, and says where the others are")
    expect(text.count('<h3 id="protocol-') == 30, "a table a protocol")
    with open(os.path.join(many, "probe.html"), "w", encoding="utf-8") as file:
        file.write(PROBE % json.dumps(text).replace("</", "<\\/"))
    light = probe(program, many, "--blink-settings=preferredColorScheme=1")
    for width, needed in light["widths"].items():
        expect(needed <= int(width), f"at {width} pixels the page of many runs is {needed} wide")
    expect(not light["errors"] and not light["broken"], f"in the page of many runs: {light['errors']}")
    expect(light["sorted_heads"] == 1, "its tables sort")


def main():
    with tempfile.TemporaryDirectory(prefix="depthmill-report-") as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        with open(os.path.join(folder, "report", "report.html"), encoding="utf-8") as file:
            text = file.read()
        check_markup(text)
        with open(os.path.join(folder, "report", "report.json"), encoding="utf-8") as file:
            data = json.load(file)
        expect([t["protocol"] for t in data["tables"]] == ["eigen", "eigen-nocrop"], "protocols in the JSON file")
        expect(data["runs"][0]["failed"][0]["detail"].endswith('"cut" <short>'), "failures in the JSON file")
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not program:
            print("skipped: no Chromium here (Debian package chromium); the markup alone was checked")
            sys.exit(77)
        check_browser(program, folder, text)
        check_many(program, folder)
    print("the page sorts, fits and shows its pictures")


if __name__ == "__main__":
    main()
