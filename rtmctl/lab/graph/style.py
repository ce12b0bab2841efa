"""How every page of rtmctl looks, light and dark, on a phone and on paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#101828;--ground:#fff;--quiet:#667085;--edge:#e4e7ec}
@media(prefers-color-scheme:dark){:root{--ink:#f2f4f7;--ground:#0f141c;--quiet:#98a2b3;--edge:#28303d}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px clamp(16px,4vw,48px);max-width:1600px;color:var(--ink);background:var(--ground);
  font:15px/1.45 system-ui,sans-serif}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:32px 0 8px}
p{color:var(--quiet);margin:4px 0 12px}
.key{display:flex;flex-wrap:wrap;gap:6px 16px;list-style:none;margin:0 0 16px;padding:0;font-size:13px}
.key i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.scroll{overflow-x:auto;border:1px solid var(--edge);border-radius:12px}
.scroll svg{display:block;margin:0 auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;padding:6px 14px;border-top:1px solid var(--edge);white-space:nowrap}
.details td:last-child{white-space:normal;min-width:260px}
tr:first-child th{border-top:0;color:var(--quiet);font-weight:500}
.lists{display:grid;gap:0 32px;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));align-items:start}
@media print{.scroll{overflow:visible;border:0}}
"""
