/* SPDX-License-Identifier: MIT */
/* The style sheet of the page, light and dark, and that of a plot on its own. Colours after Okabe and Ito. */
#include "report.h"

#define LIGHT                                                                                                          \
	"--ink:#1c2024;--soft:#5b6470;--grid:#dfe3e8;--paper:#fff;--band:#f5f7f9;--link:#0b62b0;--best:#0a7a4b;"       \
	"--loss:#b3261e;--unsure:#8a6100;--alarm:#fdeceb;--shadow:#0003;"                                              \
	"--c0:#0072b2;--c1:#d55e00;--c2:#009370;--c3:#b0488a;--c4:#b98400;--c5:#3a9fdc;--c6:#6a4fc0;--c7:#6b7280;"     \
	"--s0:#eef4fa;--s1:#d3e4f2;--s2:#b1cfe7;--s3:#85b4d8;--s4:#4f92c4;--s5:#2271ab;--s6:#0b5189;--o0:#12202c;--"   \
	"o1:#fff"
#define DARK                                                                                                           \
	"--ink:#e6e9ed;--soft:#9aa4b1;--grid:#30363e;--paper:#14171b;--band:#1c2127;--link:#76b7ff;--best:#4fd39a;"    \
	"--loss:#ff8a80;--unsure:#e3b341;--alarm:#3a1a18;--shadow:#000a;"                                              \
	"--c0:#58aef0;--c1:#ff8f52;--c2:#3fd6a4;--c3:#ef93c6;--c4:#f0c04a;--c5:#8fd6ff;--c6:#b09cff;--c7:#a3adba;"     \
	"--s0:#1b2733;--s1:#1e3a54;--s2:#225079;--s3:#2a6aa0;--s4:#4b8fcb;--s5:#83b9ea;--s6:#c2e0fb;--o0:#eef5fc;--"   \
	"o1:#0c1721"

const char report_style[] =
	":root{color-scheme:light dark;" LIGHT "}\n"
	"@media (prefers-color-scheme:dark){:root{" DARK "}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1.5rem clamp(1rem,4vw,3rem) "
	"4rem;max-width:80rem;background:var(--paper);color:var(--ink);"
	"font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif;"
	"-webkit-text-size-adjust:100%}\n"
	"h1{font-size:clamp(1.5rem,4.5vw,2.1rem);line-height:1.2;margin:.5rem 0 .25rem;letter-spacing:-.01em}\n"
	"h2{font-size:1.4rem;line-height:1.25;margin:3rem 0 .25rem;padding-top:1rem;border-top:1px solid var(--grid)}\n"
	"p{max-width:46rem;margin:.5rem 0}a{color:var(--link)}\n"
	".soft,.note,figcaption{color:var(--soft)}\n"
	".missing{font-size:.9rem;color:var(--soft)}code{font-size:.92em;overflow-wrap:anywhere}\n"
	".verdicts{margin:1rem 0;padding-left:1.5rem}.verdicts li{margin:.3rem 0}\n"
	"nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1rem 0;font-size:.95rem}\n"
	"dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:.15rem "
	"2rem;margin:1.25rem 0;"
	"padding:1rem 1.25rem;background:var(--band);border-radius:.6rem;font-size:.9rem}\n"
	"dl div{display:flex;gap:.75rem;min-width:0}dt{color:var(--soft);flex:0 0 7.5rem}"
	"dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
	".alarm{background:var(--alarm);border-left:.3rem solid var(--loss);padding:.6rem "
	"1rem;border-radius:.3rem;max-width:none}\n"
	".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,27rem),1fr));gap:1.5rem;margin:1."
	"25rem 0}\n"
	"figure{margin:0;min-width:0}figure svg{display:block;width:100%;height:auto;max-width:34rem}\n"
	"figcaption{font-size:.85rem;line-height:1.4;margin-top:.35rem}\n"
	".table{margin:1.5rem 0}.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}\n"
	"table{border-collapse:collapse;font-size:.84rem;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"caption{text-align:left;font-weight:600;font-size:.95rem;padding:0 0 .4rem;white-space:normal}\n"
	"caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2.5rem)}\n"
	"th,td{padding:.3rem .55rem;text-align:right;border-bottom:1px solid var(--grid)}\n"
	"th:first-child{text-align:left;padding-left:.3rem;position:sticky;left:0;background:var(--paper)}\n"
	"thead th{color:var(--soft);font-weight:500;border-bottom:1.5px solid var(--soft);vertical-align:bottom}"
	"tbody th{font-weight:500}\n"
	"tbody tr:hover>*{background:var(--band)}\n"
	".best{font-weight:700;color:var(--best)}.loss{color:var(--loss)}.unsure{color:var(--unsure)}\n"
	"td.loss::after{content:' !'}td.unsure::after{content:' ~'}td.best::after{content:' *'}\n"
	".note{font-size:.82rem;line-height:1.45;margin:.4rem 0 0}\n"
	"details{margin:.75rem 0}summary{cursor:pointer;font-weight:600;font-size:.95rem}details "
	"caption{display:none}\n"
	"pre{background:var(--band);padding:.75rem 1rem;border-radius:.4rem;overflow-x:auto;font-size:.85rem}\n"
	"@media print{body{max-width:none}.scroll{overflow:visible}details>*{display:block}}\n"
	"@media (max-width:30rem){dl{padding:.75rem 1rem}table{font-size:.8rem}th,td{padding:.25rem .5rem}"
	"th:first-child{min-width:7.5rem;max-width:9rem;white-space:normal}"
	".verdicts{padding-left:1.2rem}}\n";

const char prose_style[] =
	/* Shadows at the sides to which a table goes on: the first two move along and cover them at its ends. */
	".scroll{background:linear-gradient(to right,var(--paper) 50%,transparent) 0 0/3rem 100% no-repeat local,"
	"linear-gradient(to left,var(--paper) 50%,transparent) 100% 0/3rem 100% no-repeat local,"
	"linear-gradient(to right,var(--shadow),transparent) 0 0/.9rem 100% no-repeat scroll,"
	"linear-gradient(to left,var(--shadow),transparent) 100% 0/.9rem 100% no-repeat scroll}\n"
	".prose{white-space:normal}.prose :is(th,td){text-align:left;vertical-align:top}\n"
	".prose tbody th{min-width:13rem}.prose td:nth-child(-n+5){min-width:8rem;overflow-wrap:anywhere}"
	".prose td:nth-child(6){min-width:5rem}.prose td:nth-child(8){white-space:nowrap}.prose td:nth-child(4){min-width:6.5rem}"
	".prose td:nth-child(7){min-width:9rem;overflow-wrap:anywhere}"
	".prose td:nth-child(n+6){font-size:.92em;color:var(--soft)}\n"
	".more{display:none}.prose th "
	"a{color:inherit;text-decoration-color:var(--grid);text-decoration-thickness:1px}\n"
	"@media (max-width:60rem){.prose,.prose :is(tbody,tr,th,td,caption){display:block}details .prose caption{display:none}.prose thead{display:none}"
	".prose tr{padding:.7rem 0;border-bottom:1px solid var(--grid)}"
	".prose tbody :is(th,td){position:static;min-width:0;max-width:none;border:0;padding:.1rem 0;"
	"overflow-wrap:anywhere;white-space:normal}.prose tbody th{font-size:.95rem;font-weight:600}"
	"@supports selector(:has(a)){.prose .more{display:block;font-size:.85rem;"
	"font-weight:400;color:var(--soft)}"
	".prose tr:not(:has(:checked)) td:nth-child(n+5){display:none}}"
	".prose td::before{content:attr(data-label) ': ';color:var(--soft);font-weight:400}}\n";

const char plot_style[] = "svg{" LIGHT "}@media (prefers-color-scheme:dark){svg{" DARK "}}";
