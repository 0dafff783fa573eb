"""Calendars: recurrence, iCalendar files, and which windows of a policy are open."""
