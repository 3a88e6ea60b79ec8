"""How the page looks, in daylight and in the dark, on a wide screen and on a phone."""

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --paper: #ffffff; --ink: #17212f; --soft: #5b6675; --rule: #dfe3e8;
  --s0: #2f6fbb; --s1: #d9812b; --s2: #2a9270; --s3: #a04a9f; --s4: #b3912a; --s5: #c2473f; --warm: #b4540a; }
@media (prefers-color-scheme: dark) { :root { --page: #10151c; --paper: #19202a; --ink: #e6ebf2; --soft: #9aa6b5;
  --rule: #2c3643; --s0: #6aa8ee; --s1: #f0a35e; --s2: #58c29d; --s3: #cf85cf; --s4: #d9bd5c; --s5: #ef8279;
  --warm: #f0a35e; } }
.tuner { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", "DejaVu Sans", sans-serif; }
.tuner * { box-sizing: border-box; }
body.tuner { margin: 0; padding: clamp(12px, 3vw, 40px); }
.tuner main { max-width: 1040px; margin: 0 auto; }
.tuner header { margin-bottom: 20px; }
.tuner h1 { font-size: clamp(24px, 4.5vw, 34px); line-height: 1.2; margin: 0 0 4px; font-weight: 650;
  letter-spacing: -0.01em; overflow-wrap: anywhere; }
.tuner h2 { font-size: 18px; margin: 0 0 14px; font-weight: 650; }
.tuner header p { margin: 0; color: var(--soft); }
.tuner section { background: var(--paper); border: 1px solid var(--rule); border-radius: 12px; margin: 0 0 18px;
  padding: clamp(14px, 2.5vw, 24px); }
.tuner .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px;
  margin: 0 0 18px; }
.tuner .tile { background: var(--paper); border: 1px solid var(--rule); border-radius: 12px; padding: 12px 16px; }
.tuner .tile span, .tuner .tile small { display: block; color: var(--soft); font-size: 13px; }
.tuner .tile strong { display: block; font-size: 24px; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; }
.tuner .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 24px; }
.tuner figure { margin: 0; min-width: 0; }
.tuner section > * + * { margin-top: 18px; } .tuner section > h2 + * { margin-top: 0; }
.tuner figcaption { font-weight: 600; margin-bottom: 8px; overflow-wrap: anywhere; }
.tuner .note, .tuner .legend { color: var(--soft); font-size: 13px; margin: 8px 0 0; max-width: 75ch; }
.tuner .warnings { border-left: 3px solid var(--warm); margin: 0 0 14px; padding: 2px 0 2px 14px; list-style: none; }
.tuner .scroll { overflow-x: auto; }
.tuner table { border-collapse: collapse; width: 100%; font-size: 14px; }
.tuner th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
.tuner th, .tuner td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.tuner td { overflow-wrap: break-word; max-width: 60ch; }
.tuner td:last-child:not(.number) { min-width: 14ch; }
.tuner .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 12px; }
.tuner tbody tr:last-child td, .tuner tbody tr:last-child th { border-bottom: 0; }
.tuner .confusion { width: auto; border-spacing: 2px; border-collapse: separate; }
.tuner .confusion th { border: 0; padding: 4px 10px; max-width: 130px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.tuner .confusion thead th { text-align: center; }
.tuner .confusion td { border: 0; border-radius: 4px; text-align: center; padding: 8px 12px; min-width: 46px;
  font-variant-numeric: tabular-nums; background: color-mix(in srgb, var(--s0) var(--share), var(--page)); }
.tuner .confusion td.strong { color: #fff; font-weight: 600; }
@media (prefers-color-scheme: dark) { .tuner .confusion td.strong { color: #0c1117; } }
.tuner .bars { list-style: none; margin: 0; padding: 0; display: grid; gap: 7px; }
.tuner .bars li { display: grid; grid-template-columns: minmax(80px, 26%) 1fr minmax(92px, auto); gap: 12px;
  align-items: center; font-size: 14px; }
.tuner .bars .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: right; }
.tuner .bars .track { position: relative; height: 16px; }
.tuner .bars b { position: absolute; inset: 0 auto 0 0; background: var(--s0); border-radius: 0 4px 4px 0;
  min-width: 1px; }
.tuner .bars i { position: absolute; top: 7px; height: 2px; background: var(--ink); opacity: 0.65; }
.tuner .bars .value { font-variant-numeric: tabular-nums; white-space: nowrap; }
.tuner .bars small { color: var(--soft); }
.tuner svg { display: block; width: 100%; height: auto; overflow: visible; }
.tuner svg text { fill: var(--soft); font-size: 12px; font-family: inherit; }
.tuner svg .title { fill: var(--ink); }
.tuner svg .grid { stroke: var(--rule); }
.tuner svg .axis { stroke: var(--soft); }
.tuner svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.tuner svg .line.faint { stroke: var(--soft); stroke-width: 1; opacity: 0.3; }
.tuner svg .line.history { stroke: var(--soft); stroke-width: 1.5; }
.tuner svg .line.reference { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 4; }
.tuner svg .dots.light { opacity: 0.5; }
.tuner svg .s0 { stroke: var(--s0); } .tuner svg .s1 { stroke: var(--s1); } .tuner svg .s2 { stroke: var(--s2); }
.tuner svg .s3 { stroke: var(--s3); } .tuner svg .s4 { stroke: var(--s4); } .tuner svg .s5 { stroke: var(--s5); }
.tuner svg .dots, .tuner svg .columns { stroke: none; }
.tuner svg .dots.s0, .tuner svg .columns.s0 { fill: var(--s0); } .tuner svg .dots.s1 { fill: var(--s1); }
.tuner svg .dots.s2 { fill: var(--s2); } .tuner svg .dots.s3 { fill: var(--s3); }
.tuner svg .dots.s4 { fill: var(--s4); } .tuner svg .dots.s5 { fill: var(--s5); }
.tuner .legend span { display: inline-flex; align-items: center; gap: 6px; margin: 0 14px 2px 0; color: var(--ink); }
.tuner .swatch { display: inline-block; width: 14px; height: 3px; border-radius: 2px; }
.tuner .swatch.history { background: var(--soft); }
.tuner .swatch.s0 { background: var(--s0); } .tuner .swatch.s1 { background: var(--s1); }
.tuner .swatch.s2 { background: var(--s2); } .tuner .swatch.s3 { background: var(--s3); }
.tuner .swatch.s4 { background: var(--s4); } .tuner .swatch.s5 { background: var(--s5); }
.tuner .examples { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); font-size: 13px; }
.tuner .examples li { display: grid; justify-items: center; text-align: center; overflow-wrap: anywhere; }
.tuner .examples img { width: 72px; height: 72px; object-fit: contain; image-rendering: pixelated; margin-bottom: 4px; }
.tuner .examples small { color: var(--soft); } .tuner .examples small.wrong { color: var(--s1); font-weight: 600; }
.tuner pre { background: var(--page); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; margin: 0;
  overflow-x: auto; font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.tuner footer { color: var(--soft); font-size: 13px; }
@media (max-width: 480px) { .tuner .bars li { grid-template-columns: minmax(70px, 30%) 1fr; row-gap: 0; }
  .tuner .bars .value { grid-column: 2; font-size: 13px; } }
@media print { .tuner section, .tuner .tile { break-inside: avoid; } }
"""
