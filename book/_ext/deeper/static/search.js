/* Sphinx 7.4 fetches each page it has found for a summary, which from file:// is an error. */
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
