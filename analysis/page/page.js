/* SPDX-License-Identifier: MIT */
/*
 * page.js - draws the page of `dsi latency --html` from the data in it.
 */
"use strict";

const parts = {fill: "#c3cbd4", wait: "#e69f00", hold: "#0072b2"};

/* ---- the pictures -------------------------------------------------------- */

function curve_sets(stream, metric) {
	return stream.curves.filter((c) => c.metric === metric).map((c, i) =>
		line(c.label, colours[i % colours.length],
			c.points.map((p) => ({x: p[0], y: Math.max(p[1], 1)})),
			{stepped: false}));
}

function draw_curve(parent, stream) {
	const metrics = [...new Set(stream.curves.map((c) => c.metric))];
	const box = card(parent, "Percentiles",
		"how much of all packets is at most so long");

	if (metrics.length === 0)
		return;
	const chart = plot_percentiles(box, 330,
		curve_sets(stream, metrics[0]), metrics[0]);
	const select = make(box.firstChild, "select");

	select.setAttribute("aria-label", "metric");
	metrics.forEach((m) => make(select, "option", m));
	select.addEventListener("change", () => {
		chart.data.datasets = curve_sets(stream, select.value);
		chart.options.scales.y.title.text = select.value;
		chart.update();
	});
}

function over_time(scale_y, label) {
	return {
		interaction: {mode: "nearest", axis: "x", intersect: false},
		scales: {
			x: axis("time since the first event / s",
				{min: 0, max: data.span_s, ticks: {
					color: "#52606d",
					includeBounds: false}}),
			y: scale_y,
		},
		plugins: {tooltip: {callbacks: {
			title: (items) => "at " + items[0].raw.x.toFixed(3) +
				" s",
			label: label,
		}}},
	};
}

function draw_latency(parent, stream) {
	const sets = [];

	stream.latency.forEach((s, i) => {
		const colour = colours[i % colours.length];

		sets.push(line(s.label + ", worst", colour,
			s.bins.map((b) => ({x: b[0], y: Math.max(b[3], 1)})),
			{borderWidth: 1.5}));
		sets.push(line(s.label + ", mean", colour,
			s.bins.map((b) => ({x: b[0], y: Math.max(b[2], 1)})),
			{borderWidth: 1.5, borderDash: [2, 3]}));
	});
	if (sets.length === 0)
		return;
	plot(card(parent, "Latency over time",
		"commit to get; the worst and the mean of " +
		time(stream.latency[0].width_ns) + " each"), 320, {
		type: "scatter",
		data: {datasets: sets},
		options: over_time(axis("latency", {type: "logarithmic",
			afterDataLimits: room_above,
			ticks: {color: "#52606d", callback: decades}}),
			(item) => item.dataset.label + ": " +
				time(item.raw.y)),
	});
}

function level_line(label, colour, value, dash) {
	return line(label, colour, [{x: 0, y: value},
		{x: data.span_s, y: value}], {borderDash: dash});
}

function draw_occupancy(parent, stream) {
	const live = stream.live;
	const top = Math.max(stream.max_packets, stream.needed_packets || 0,
		stream.packets || 0);

	if (!live)
		return;
	const sets = [line("packets live, most of " + time(live.width_ns) +
		" each", colours[0], live.bins.map((b) => ({x: b[0], y: b[3]})),
	{stepped: true, fill: "origin", backgroundColor: "#0072b226",
		borderWidth: 1.5})];
	if (stream.needed_packets)
		sets.push(level_line("needed by what was declared: " +
			stream.needed_packets, bound_colour,
		stream.needed_packets, [7, 4]));
	if (stream.packets)
		sets.push(level_line("there are: " + stream.packets, "#52606d",
			stream.packets, [2, 3]));
	plot(card(parent, "Occupancy over time", stream.needed_packets ?
		"from reserve to the last release" :
		"no bound: " + stream.bound_why), 280, {
		type: "scatter",
		data: {datasets: sets},
		options: over_time(axis("packets", {min: 0, max: top + 1,
			ticks: {color: "#52606d", precision: 0}}),
			(item) => item.dataset.label.split(",")[0] + ": " +
				item.raw.y),
	});
}

function spans(rows, part) {
	return rows.map((r) => r[part] ?
		r[part].map((ns) => ns / 1e6) : null);
}

function draw_timeline(parent, t) {
	const rows = t.rows;
	const names = {fill: "filled by the producer",
		wait: "waits for the reader", hold: "held by the reader"};

	plot(card(parent, t.title, "time after its commit, which was at " +
		t.at_s.toFixed(6) + " s"), 90 + 17 * rows.length, {
		type: "bar",
		data: {
			labels: rows.map((r) => r.label),
			datasets: Object.keys(parts).map((part) => ({
				label: names[part],
				data: spans(rows, part),
				backgroundColor: parts[part],
				borderColor: bound_colour,
				borderWidth: rows.map((r) => r.worst &&
					part === "wait" ? 2 : 0),
				borderSkipped: false,
				grouped: false,
				minBarLength: 2,
				barPercentage: 0.85,
				categoryPercentage: 0.95,
			})),
		},
		options: {
			indexAxis: "y",
			scales: {
				x: axis("time / ms"),
				y: axis("packet", {ticks: {color: "#52606d",
					autoSkip: false, font: {size: 11}},
				grid: {display: false}}),
			},
			plugins: {tooltip: {callbacks: {label: (item) =>
				item.dataset.label + ": " + time(1e6 *
				(item.raw[1] - item.raw[0]))}}},
		},
	});
}

/* ---- the words ----------------------------------------------------------- */

function draw_verdict(parent) {
	const words = {
		kept: "Kept: what was declared held for the whole trace",
		broken: "Broken: reality did not keep to what was declared",
		none: "No verdict: events were lost",
	};
	const box = make(parent, "div", undefined,
		"card verdict " + data.verdict);

	make(box, "b", words[data.verdict]);
	if (data.lost)
		make(box, "p", data.lost + " events were not recorded; what " +
			"is shown is incomplete.");
	if (data.broken.length) {
		const list = make(box, "ul");

		data.broken.forEach((text) => make(list, "li", text));
	}
}

function fact(parent, name, value) {
	const box = make(parent, "div");

	make(box, "span", name);
	make(box, "strong", value);
}

function draw_facts(parent, s) {
	const box = make(make(parent, "div", undefined, "card"), "div",
		undefined, "facts");

	fact(box, "packets", count(s.commits));
	if (s.packets_per_s)
		fact(box, "rate", s.packets_per_s.toFixed(1) + " /s, " +
			(s.bytes_per_s / 1e6).toFixed(2) + " MB/s");
	if (s.period_ns)
		fact(box, "period" + (s.declared_period_ns ? ", declared" : ""),
			time(s.period_ns) + (s.declared_period_ns ? ", " +
			time(s.declared_period_ns) : ""));
	if (s.declared_period_ns) {
		fact(box, "jitter, declared", time(s.jitter_ns) + ", " +
			time(s.declared_jitter_ns));
		fact(box, "drift", s.drift_ppm.toFixed(1) + " ppm");
	}
	fact(box, "live: mean, p99, most", s.mean_packets.toFixed(2) + ", " +
		s.p99_packets + ", " + s.max_packets);
	fact(box, "dropped", count(s.dropped));
}

function draw_table(parent, s) {
	const keys = ["min", "mean", "p50", "p90", "p99", "p99_9", "p99_99",
		"max"];
	const box = make(card(parent, "Times"), "div", undefined, "scroll");
	const table = make(box, "table");
	const head = make(table, "tr");

	["", "n"].concat(keys).forEach((k) =>
		make(head, "th", k.replace(/_/, ".")));
	s.rows.forEach((row) => {
		const line = make(table, "tr");

		make(line, "td", row.label).title = row.text;
		make(line, "td", count(row.values.count));
		keys.forEach((k) => make(line, "td",
			time(row.values[k + "_ns"])));
	});
}

function draw() {
	const main = draw_head("Where the time went", data.folder + " \u2014 " +
		count(data.events) + " events in " + data.span_s.toFixed(3) +
		" s, dsi " + data.version);

	draw_verdict(main);
	data.streams.forEach((s) => {
		make(main, "h2", "Stream " + s.label);
		draw_facts(main, s);
		draw_table(main, s);
		draw_curve(main, s);
		draw_latency(main, s);
		draw_occupancy(main, s);
	});
	if (data.timelines.length) {
		make(main, "h2", "Around the worst packets");
		make(main, "p", "By " + data.metric + ". The worst one is " +
			"framed; the packets around it are those of the same " +
			"stream.", "quiet");
	}
	data.timelines.forEach((t) => draw_timeline(main, t));
	draw_footer(main, "Percentiles are those of log-linear histograms: " +
		"never too small, at most 3.2 % too large.");
}

draw();
