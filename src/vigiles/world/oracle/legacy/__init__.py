"""The published way to score: one text, string rules, a grader's yes. Kept to compare with, defects and all.

The public test-bed is one prompt and one completion. A **transcript** writes our calls the way its models wrote theirs, as
tags in a text; what it has no tag for (chat, calendar, shared files) is not there. The **rules** are its string rules, with
names taken from a staging. The **scorer** joins them with a grader's answer. **prompt** shows how its prompts went wrong.
Nothing here is used to judge; all of it is our own code, written from a description of theirs.
"""
