/* SPDX-License-Identifier: MIT */
/*
 * page_bench.js - draws the page of `dsi bench --html` from the data in it.
 */
"use strict";

const measure_names = {
	"round-trip": "Round trip",
	"one-way": "One way",
	"rate": "Rate",
	"timed": "Timed",
	"select": "Select",
	"join": "Join",
};
const measure_texts = {
	"round-trip": "One end sends a packet, the other one answers with one; " +
		"the time from one answer to the next. Both packets are " +
		"written before they are sent and read when they came.",
	"one-way": "Packets at intervals, each alone on its way: the time from " +
		"before it is written until it was read.",
	"rate": "As many packets as possible, one after the other or several " +
		"with one call.",
	"timed": "One way from when the packet was due: how late its sender " +
		"was woken, and all that came then. cyclictest measures the " +
		"first part alone.",
	"select": "One process waits for many streams at once and answers " +
		"each packet: what one more stream costs.",
	"join": "One way to a consumer that stays, while others join the " +
		"stream, take some packets and leave, again and again.",
};
const mode_names = {
	poll: "polling: both ends look again and again",
	sleep: "sleeping: who has nothing to do sleeps until the other wakes it",
	spin: "polling for a while, then sleeping",
};

function where(row) {
	const ends = row.threads ? "threads" : "processes";

	return row.on === "same" ? ends + " on one CPU" : ends +
		" on different CPUs";
}

function bytes(n) {
	const units = ["B", "KiB", "MiB"];
	let i = 0;

	while (i < 2 && n >= 1024 && n % 1024 === 0) {
		n /= 1024;
		i++;
	}
	return n + " " + units[i];
}

function around(row) {
	return where(row) + (row.priority === "fifo" ?
		", real-time priority, memory locked" : "") +
		(row.stress === "no" ? "" : row.stress === "own" ?
			", each CPU also computes and takes memory" :
			", beside " + row.stress);
}

function payload(row) {
	if (row.streams)
		return row.active + " of " + row.streams + " streams";
	return bytes(row.payload) + (row.touched || !row.payload ? "" :
		", not touched");
}

function many(n) {
	const units = ["", "k", "M", "G"];
	let i = 0;

	while (i < 3 && n >= 999.5) {
		n /= 1000;
		i++;
	}
	return (n >= 99.95 || i === 0 ? n.toFixed(0) : n.toFixed(1)) + " " +
		units[i];
}

/* Half of the runs lie within so much of the median. */
function spread(figure) {
	if (!figure || !figure.median)
		return "\u2013";
	return (100 * (figure.high - figure.low) / figure.median).toFixed(1) +
		" %";
}

function figure_time(figure) {
	return figure ? time(figure.median) : "\u2013";
}

function figure_number(figure, digits) {
	return figure ? figure.median.toFixed(digits) : "\u2013";
}

/* ---- the machine ----------------------------------------------------------- */

function fact(parent, name, value) {
	const box = make(parent, "div");

	make(box, "span", name);
	make(box, "strong", value);
}

function draw_machine(parent) {
	const m = data.machine;
	const s = data.settings;
	const memory = data.memory_bytes_per_s;
	const box = make(card(parent, "The machine"), "div", undefined,
		"facts");

	fact(box, "processor", (m.model || "not known") + ", " +
		m.cpus_online + " CPUs");
	fact(box, "virtual", m.virtual || "nothing says so");
	fact(box, "system", m.kernel || "not known");
	fact(box, "governor", m.governor || "not known");
	fact(box, "CPUs used", s.cpus.join(", ") + (s.pinned ?
		"" : ", not kept there"));
	fact(box, "a look at the clock", time(m.clock_ns) + ", in steps of " +
		time(m.clock_step_ns));
	["write", "read", "copy"].forEach((what) => {
		if (memory[what])
			fact(box, "memory, " + what,
				(memory[what].median / 1e9).toFixed(1) +
				" GB/s");
	});
	if (data.foreign !== null)
		fact(box, "used by others", (100 * data.foreign).toFixed(1) +
			" %");
}

function draw_notes(parent) {
	if (!data.notes.length)
		return;
	const list = make(card(parent, "To know about these figures"), "ul");

	data.notes.forEach((text) => make(list, "li", text));
}

function draw_channels(parent) {
	const used = new Set(data.rows.map((r) => r.channel));
	const list = make(card(parent, "What is compared"), "ul");

	data.channels.filter((c) => used.has(c.name)).forEach((c) => {
		const item = make(list, "li");

		make(item, "b", c.name);
		make(item, "span", " \u2014 " + (c.limit ? "a limit of this " +
			"machine: " : "") + c.text);
	});
	make(list.parentNode, "p", "Every figure is the median of " +
		data.settings.runs + " runs, and each run measures all " +
		"channels in turn. \u201cx limit\u201d is how many times the " +
		"limit with the same payload it takes: 1 would be as fast as " +
		"this machine can be. \u201cspread\u201d is by how much half " +
		"of the runs differ: what differs by less is not different.",
	"quiet");
}

/* What the columns are called, for those who see such a page for the first time. */
const columns = [
	["payload", "bytes of each packet, written by its sender and read by " +
		"its receiver unless it says \u201cnot touched\u201d"],
	["ring", "packets that may be under way at once"],
	["batch", "packets handed over with one call"],
	["to", "how many receivers, of which each gets every packet"],
	["p50, p99, ...", "so many of 100 times were at most this long"],
	["calls each", "calls of the operating system for each packet, all " +
		"ends together"],
	["CPU each", "time that the processors worked for each packet, all " +
		"ends together, waiting by looking included"],
	["x limit", "times the same with the limit of this machine that has " +
		"the same payload; x bare limit: that without any payload"],
	["spread", "half of the runs lie within so much of each other"],
];

function draw_columns(parent) {
	const list = make(card(parent, "How to read the tables"), "ul");

	columns.forEach(([name, text]) => {
		const item = make(list, "li");

		make(item, "b", name);
		make(item, "span", " \u2014 " + text);
	});
}

/* ---- the tables ------------------------------------------------------------ */

function table(parent, heads, rows) {
	const box = make(make(parent, "div", undefined, "scroll"), "table");
	const head = make(box, "tr");

	heads.forEach((text) => make(head, "th", text));
	rows.forEach((cells) => {
		const line = make(box, "tr");

		cells.forEach((text) => make(line, "td", text));
	});
}

function latency_cells(r) {
	return [r.channel, payload(r), r.ring, r.consumers,
		figure_time(r.p50_ns), figure_time(r.p90_ns),
		figure_time(r.p99_ns), figure_time(r.p99_9_ns),
		figure_time(r.p99_99_ns), figure_time(r.max_ns),
		figure_number(r.calls, 2), figure_time(r.cpu_ns),
		figure_number(r.to_limit, 2), figure_number(r.to_bare, 2),
		spread(r.middle_ns)];
}

function rate_cells(r) {
	const per_s = r.packet_ns ? 1e9 / r.packet_ns.median : 0;

	return [r.channel, payload(r), r.ring, r.batch, r.consumers,
		many(per_s) + "/s", r.touched ? many(per_s * r.payload) +
		"B/s" : "\u2013", figure_time(r.packet_ns),
		figure_time(r.cpu_ns), figure_number(r.calls, 4),
		figure_number(r.instructions, 0), figure_number(r.to_limit, 2),
		spread(r.packet_ns)];
}

function draw_table(parent, rows) {
	if (rows[0].measure === "rate")
		table(parent, ["", "payload", "ring", "batch", "to",
			"packets", "bytes", "each", "CPU each",
			"calls each", "instructions", "x limit", "spread"],
		rows.map(rate_cells));
	else
		table(parent, ["", "payload", "ring", "to", "p50", "p90",
			"p99", "p99.9", "p99.99", "max", "calls each", "CPU each",
			"x limit", "x bare limit", "spread"],
		rows.map(latency_cells));
}

/* ---- the pictures ---------------------------------------------------------- */

/* [largest value, how many] -> how much of all is at most so long */
function curve(times) {
	const all = times.reduce((sum, t) => sum + t[1], 0);
	let below = 0;

	return times.map((t) => {
		below += t[1];
		return {x: -Math.log10(below < all ? 1 - below / all : 1 / all),
			y: Math.max(t[0], 1)};
	});
}

function draw_curves(parent, rows) {
	const sets = rows.filter((r) => r.times.length).map((r, i) =>
		line(r.channel + ", " + payload(r) + (r.consumers > 1 ?
			", to " + r.consumers : ""),
		colours[i % colours.length], curve(r.times),
		i >= colours.length ? {borderDash: [5, 3]} : {}));

	if (sets.length === 0)
		return;
	plot_percentiles(parent, 340, sets, "time");
}

function draw_bars(parent, rows) {
	const there = rows.filter((r) => r.packet_ns);

	if (there.length === 0)
		return;
	plot(parent, 90 + 22 * there.length, {
		type: "bar",
		data: {
			labels: there.map((r) => r.channel + ", " + payload(r) +
				", ring " + r.ring + (r.batch > 1 ?
				", batch " + r.batch : "") + (r.consumers > 1 ?
				", to " + r.consumers : "")),
			datasets: [{
				label: "time of a packet",
				data: there.map((r) => r.packet_ns.median),
				backgroundColor: there.map((r) =>
					r.limit === null ? "#c3cbd4" :
						colours[0]),
			}],
		},
		options: {
			indexAxis: "y",
			scales: {
				x: axis("time of a packet", {
					type: "logarithmic",
					ticks: {color: "#52606d",
						callback: decades}}),
				y: {ticks: {color: "#52606d", autoSkip: false,
					font: {size: 11}},
				grid: {display: false}},
			},
			plugins: {legend: {display: false},
				tooltip: {callbacks: {label: (item) =>
					time(item.raw)}}},
		},
	});
}

/* ---- curves over a number -------------------------------------------------- */

const over_names = {
	payload: "payload, bytes",
	consumers: "consumers",
	streams: "streams",
};

function key_figure(row) {
	return row.measure === "rate" ? row.packet_ns : row.middle_ns;
}

/* A payload of nothing has no logarithm: it stands at 1. */
function over_points(curves, rows) {
	return rows.map((r, i) => r !== null && key_figure(data.rows[r]) ?
		{x: Math.max(curves.at[i], 1),
			y: key_figure(data.rows[r]).median} : null)
		.filter((point) => point !== null);
}

/* Where the reference begins to be faster. */
function crossing_points(curves) {
	return curves.crossings.filter((c) => c.slower_from !== null)
		.map((c) => {
			const at = curves.at.indexOf(c.slower_from);
			const rows = curves.channels.find((k) =>
				k.channel === c.channel).rows;

			return {x: Math.max(c.slower_from, 1),
				y: key_figure(data.rows[rows[at]]).median};
		});
}

function crossing_text(c) {
	return c.channel + " beside " + c.beside + ": " +
		(c.faster_up_to === null ? "faster at no size" :
			"faster up to " + bytes(c.faster_up_to)) +
		(c.slower_from === null ? "" :
			", slower from " + bytes(c.slower_from) + " on");
}

function draw_over(parent, curves) {
	const some = curves.channels.flatMap((c) => c.rows)
		.find((r) => r !== null);
	const row = data.rows[some];
	const box = card(parent, measure_names[row.measure] + " over " +
		over_names[curves.over], mode_names[row.mode] + "; " +
		around(row) + (curves.over === "streams" ? row.active > 1 ?
		"; all carry packets" : "; one carries packets" : ""));
	const sets = curves.channels.map((c, i) => line(c.channel,
		colours[i % colours.length], over_points(curves, c.rows),
		{stepped: false, pointRadius: 2, borderDash:
			i >= colours.length ? [5, 3] : []}));
	const marks = crossing_points(curves);

	if (marks.length)
		sets.push(line("the reference is faster from here on",
			"#1f2933", marks, {showLine: false, pointRadius: 7,
				pointStyle: "crossRot"}));
	plot(box, 340, {
		type: "scatter",
		data: {datasets: sets},
		options: {
			parsing: false,
			scales: {
				x: axis(over_names[curves.over], {
					type: "logarithmic"}),
				y: axis("time of a packet", {
					type: "logarithmic",
					ticks: {color: "#52606d",
						callback: decades}}),
			},
		},
	});
	curves.crossings.forEach((c) => make(box, "p", crossing_text(c)));
}

/* ---- all of it ------------------------------------------------------------- */

function groups() {
	const all = new Map();

	data.rows.forEach((r) => {
		const key = [r.measure, r.mode, r.on, r.threads, r.priority,
			r.stress].join();

		if (!all.has(key))
			all.set(key, []);
		all.get(key).push(r);
	});
	return [...all.values()];
}

function draw_group(parent, rows) {
	const r = rows[0];
	const box = card(parent, measure_names[r.measure] + ", " +
		mode_names[r.mode], around(r));

	draw_table(box, rows);
	if (r.measure === "rate")
		draw_bars(box, rows);
	else
		draw_curves(box, rows);
	rows.filter((row) => row.joins).forEach((row) => make(box, "p",
		"Beside " + row.channel + " to " + row.consumers + ", others " +
		"joined and left " + row.joins + " times."));
	rows.filter((row) => row.why).forEach((row) => make(box, "p",
		row.channel + ", " + payload(row) + ": failed: " + row.why));
}

function draw() {
	const main = draw_head("How fast packets are handed over",
		"dsi bench " + data.version + ", " +
		new Date(1000 * data.time_s).toISOString());
	let before = null;

	make(main, "p", "libdsi lets one program hand packets of data to " +
		"others through memory that they share, without copying " +
		"them. Here its own time is measured, beside what this " +
		"machine needs at least to tell one processor what another " +
		"one has done. Shorter is better; ratios (x limit) say more " +
		"than times, which are this machine's.");
	draw_notes(main);
	draw_machine(main);
	draw_channels(main);
	draw_columns(main);
	groups().forEach((rows) => {
		if (rows[0].measure !== before) {
			before = rows[0].measure;
			make(main, "h2", measure_names[before]);
			make(main, "p", measure_texts[before], "quiet");
		}
		draw_group(main, rows);
	});
	if (data.curves.length) {
		make(main, "h2", "Curves");
		make(main, "p", "Rows that differ in one number only.", "quiet");
	}
	data.curves.forEach((curves) => draw_over(main, curves));
	draw_footer(main, "The curves are those of log-linear histograms of " +
		"all runs: never too small, at most 3.2 % too large; grey bars " +
		"are limits.");
}

draw();
