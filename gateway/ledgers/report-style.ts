/** Of the printed report. Its hash stands in the page's content security policy, so nothing else can have a style. */
export const REPORT_STYLE = `
@page { size: A4; margin: 15mm 14mm; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 10.5pt/1.55 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimSun", sans-serif; }
main { max-width: 182mm; margin: 0 auto; padding: 4mm 0; }
header { border-bottom: 2px solid #b01c1c; margin-bottom: 5mm; }
h1 { font-size: 18pt; margin: 0; }
header p, .more, .none { color: #666; font-size: 9pt; margin: 1mm 0 2mm; }
h2 { font-size: 13pt; margin: 7mm 0 2mm; break-after: avoid; }
h3 { font-size: 10.5pt; margin: 3mm 0 1mm; break-after: avoid; }
dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 2mm; margin: 0; }
dl div { border: 1px solid #ccc; padding: 2mm 3mm; }
dt { color: #555; font-size: 8.5pt; }
dd { margin: 0; font-size: 13pt; font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0 3mm; font-size: 8.5pt; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 1px solid #bbb; padding: 1mm 1.5mm; text-align: left; overflow-wrap: anywhere; }
th { background: #f0f0f0; font-weight: 600; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; max-width: 150mm; height: auto; break-inside: avoid; }
svg text { font-size: 12px; fill: #1a1a1a; }
svg rect { fill: #b01c1c; }
strong { color: #b01c1c; }
footer { margin-top: 12mm; break-inside: avoid; }
`
