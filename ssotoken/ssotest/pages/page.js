// Pages work without this script. It adds copy buttons, times of this place,
// and new logins as they come.
"use strict";

function element(name, properties) {
	return Object.assign(document.createElement(name), properties);
}

async function copy(block) {
	try {
		await navigator.clipboard.writeText(block.textContent);
		return true;
	} catch { // no permission, or an address that is not secure
		getSelection().selectAllChildren(block);
		return document.execCommand("copy");
	}
}

function addCopyButtons() {
	for (const block of document.querySelectorAll("pre[data-copy]")) {
		const button = element("button", {type: "button", className: "plain small copy", textContent: "Copy " + block.dataset.copy});
		const said = element("span", {className: "quiet"});
		said.setAttribute("role", "status");
		button.addEventListener("click", async () => {
			said.textContent = await copy(block) ? "Copied" : "Press Ctrl+C";
		});
		block.after(button, " ", said);
	}
}

function addLocalTimes(root) {
	for (const time of root.querySelectorAll("time[datetime]")) {
		const at = new Date(time.dateTime);
		if (at.getTimezoneOffset() === 0 || isNaN(at)) continue;
		const local = at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZoneName: "short"});
		time.after(" ", element("span", {className: "local", textContent: local}));
	}
}

// refreshLive asks for this page again, and puts in what is new. It leaves the
// list alone while somebody is in it by keyboard.
function refreshLive() {
	const list = document.querySelector("[data-live]");
	if (!list) return;
	const box = element("input", {type: "checkbox", id: "live", checked: localStorage.getItem("live") !== "off"});
	const said = element("span", {className: "quiet"});
	said.setAttribute("role", "status");
	const line = element("p", {className: "switch"});
	line.append(box, " ", element("label", {htmlFor: "live", textContent: list.dataset.live}), " ", said);
	list.before(line);
	box.addEventListener("change", () => localStorage.setItem("live", box.checked ? "on" : "off"));
	let latest = newest(list);
	setInterval(async () => {
		if (!box.checked || document.hidden || list.contains(document.activeElement)) return;
		let page;
		try {
			const answer = await fetch(location.href);
			page = new DOMParser().parseFromString(await answer.text(), "text/html");
			said.textContent = "";
		} catch {
			said.textContent = "The community does not answer.";
			return;
		}
		const fresh = page.querySelector("[data-live]");
		if (!fresh || newest(fresh) === latest) return;
		latest = newest(fresh);
		addLocalTimes(fresh);
		list.replaceChildren(...fresh.childNodes);
		said.textContent = latest + " is new.";
	}, 2000);
}

function newest(list) {
	return list.querySelector("tbody th")?.textContent.trim() ?? "";
}

addCopyButtons();
addLocalTimes(document);
refreshLive();
