"""The page's one style sheet: light, dark and paper. Colour only repeats what words, signs and places already say."""

from __future__ import annotations

CSS = """
:root{--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--back:#fff;--panel:#f6f8fa;--out:#9a3b00;--in:#0a58a6;--bad:#a40e26}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b1;--line:#3d444d;--back:#0d1117;--panel:#161b22;
--out:#ffa657;--in:#79c0ff;--bad:#ff8182}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
p{margin:.4rem 0 .8rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.6rem 0;padding:0;font-size:.9rem}
a{color:inherit}
.lead{font-size:1.12rem}
.marks span{display:inline-block;border:1.5px solid currentColor;border-radius:.3rem;padding:0 .5rem;margin:0 .5rem .3rem 0;
font-weight:600}
.alarm{color:var(--bad)}
.soft,caption,figcaption,footer{color:var(--soft)}
.index{font:.85em ui-monospace,"DejaVu Sans Mono",monospace;color:var(--soft);white-space:nowrap}
.fixed{white-space:nowrap}
code,pre{font:.88em/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
code,pre,td,dd,li,p,figcaption{overflow-wrap:anywhere}
bdo{unicode-bidi:isolate-override}
pre{white-space:pre-wrap;word-break:break-all}
pre{background:var(--panel);border:1px solid var(--line);padding:.7rem;margin:.5rem 0}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.3rem 1rem;margin:.4rem 0 1rem}
dt{font-weight:600}
dd{margin:0}
dd ul,dd ol{margin:0;padding-left:1.2rem}
.questions{background:var(--panel);border:1px solid var(--line);border-left:.35rem solid var(--ink);padding:.4rem 1rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0 1rem;font-size:.88rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
thead th{border-bottom:2px solid var(--line)}
td.folded{color:var(--soft);font-style:italic}
.tree{white-space:pre-wrap}
.way>li{margin:.25rem 0}
figure{margin:.6rem 0;border:1px solid var(--line);padding:.5rem}
svg{display:block;width:100%;height:auto;font:11px system-ui,"DejaVu Sans",sans-serif}
svg text{fill:var(--ink)}
svg .soft{fill:var(--soft)}
svg .axis{stroke:var(--line)}
svg .life{stroke:var(--soft);stroke-width:1.5}
svg .out{stroke:var(--out);stroke-width:4}
svg .in{stroke:var(--in);stroke-width:4}
svg .no{stroke:var(--bad);stroke-width:2}
footer{font-size:.85rem;padding-bottom:2rem}
@page{size:A4;margin:16mm 14mm 18mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt sans-serif}}
@media print{
:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--panel:#fff;--out:#7a2f00;--in:#084a8c;--bad:#8a0b20}
body{font-size:10pt}
header,main,footer{max-width:none;padding:0}
nav,.screen{display:none}
h2,h3,caption{break-after:avoid}
tr,figure,li,dt,dd{break-inside:avoid}
thead{display:table-header-group}
.newpage{break-before:page}
}
"""
