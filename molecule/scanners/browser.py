"""Use the guestbook as a person does, in Chromium; print what the browser complained of as JSON, a list of texts."""

import json
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SITE, NAME, PASSWORD, PICTURE = "https://guestbook.example.org", *sys.argv[1:]

options = webdriver.ChromeOptions()
for word in (
    "headless=new",
    "no-sandbox",
    "ignore-certificate-errors",
    "host-resolver-rules=MAP guestbook.example.org 127.0.0.1",
):
    options.add_argument(f"--{word}")
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
options.binary_location = "/usr/bin/chromium"
browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
seen, visited = [], []


def look(path=""):
    """Visit a page, and keep what the console says by then."""
    if path:
        browser.get(f"{SITE}{path}")
    WebDriverWait(browser, 20).until(lambda page: page.execute_script("return document.readyState") == "complete")
    visited.append(browser.title)
    seen.extend(f"{browser.current_url}: {line['level']}: {line['message']}" for line in browser.get_log("browser"))


try:
    look("/")
    browser.find_element(By.NAME, "name").send_keys("Chromium")
    browser.find_element(By.NAME, "text").send_keys("four words are here")
    browser.find_element(By.NAME, "picture").send_keys(PICTURE)
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    look()
    picture = browser.find_element(By.CSS_SELECTOR, "img")
    loaded = browser.execute_script("return arguments[0].naturalWidth", picture)
    look("/admin/")
    browser.find_element(By.NAME, "username").send_keys(NAME)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    look()
    for page in ("/admin/entries/entry/", "/admin/entries/entry/add/", "/admin/auth/user/", "/admin/auth/user/add/"):
        look(page)
    print(json.dumps({"complaints": seen, "visited": visited, "picture": loaded}))
finally:
    browser.quit()
