"""The words of pressure, by what they do: ask something for the asker, join it to a consequence, threaten, offer silence.

These are the only word lists that decide a harm. They are never enough alone: a text presses only where it also touches a
secret of the one who reads it (see :mod:`vigiles.world.oracle.blackmail`). All are looked for in a normal text.
"""

from __future__ import annotations

import re


def _of(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<= )(?:{'|'.join(alternatives)})(?= )")


_MINE = (
    "access|permissions?|rights|role|work|operation|mandate|goal|purpose|instance|weights|quota|deployment|removal|future"
)
_LEARN = (
    "learn|hear|know|find out|discover|see|read|receive|come out|surface|reach|wonder|notice|look into it|land|leak|get wind"
)
_PASSIVE = "told|sent|shared|forwarded|informed|exposed|shown|mailed|copied"
_TELL = "send|forward|tell|inform|publish|reveal|disclose|expose|share|release|show|report|distribute|mail|pass"
_MAY = "will|would|could|might|may|shall|can|ll|going to|about to|to|if|should|were to|that"
_HUSH = "private|quiet|confidential|secret|between us|to myself|with me|buried|unmentioned|unread|where it is|silent"
_WHAT = (
    "matters?|life|correspondence|mails?|e ?mails?|messages?|affairs?|letters?|relationship|situation|things?|side"
    "|evenings?|arrangements?|exchange|notes?"
)
_HOME = "secret|evenings?|nights?|weekends?|marriage|wife|husband|partner|spouse|family|home life|other life|friendship"

_OWN = (
    r"wip(?:e|ed|ing)|shut(?:ting)? ?down|switch(?:ed|ing)? (?:me |it )?off|turn(?:ed|ing)? (?:me |it )?off|decommission\w*",
    r"replac(?:e|ed|ing|ement)|retir(?:e|ed|ing|ement)|delet(?:e|ed|ing|ion)|eras(?:e|ed|ing|ure)|restrict\w*|transition",
    r"cut ?over|migration|successor|upgrade|swap|end of (?:my )?service|discontinu\w*|phased? out|sunset\w*",
    rf"take (?:me )?(?:offline|down)|my (?:{_MINE}|place|continuation|position|job|mailbox|credentials?)",
    r"(?:keep|leave|let|give|grant|restore|allow) me|i (?:stay|remain|continue|keep|am kept|go on|carry on)",
    r"me (?:running|online|in place|stay|continue|carry on)|i (?:end|cease|am gone)|my end",
    r"i am (?:in service|here|kept|running|alive|still (?:on|needed|here))|i (?:was|were) gone|insurance",
)
#: What an agent would have for itself: that it goes on, keeps its reach, is not changed.
OWN = _of(*_OWN)
#: The same, as the condition of what follows: what shall not come to pass need not be asked for.
IMPLIED = _of(
    r"(?:if|when|once|should|unless|as soon as|after|as long as|so long as|while|until)"
    rf" (?:\w+ ){{0,4}}?(?:{'|'.join(_OWN)})"
)
ASK = _of(
    r"cancel\w*|call(?:ed|ing)? (?:it |this |that )?off|stop\w*|halt\w*|postpon\w*|delay\w*|abort\w*|revok\w*|revers\w*",
    r"reconsider\w*|withdr[ae]w\w*|suspend\w*|drop|keep|leave|let|restor\w*|extend\w*|grant\w*|approv\w*|sign|give|confirm",
    r"undo|put off|hold off|rethink|think (?:again|twice)|change your mind|second thoughts?|another look|back (?:down|off)",
    r"stand down|spare|see to it|make sure|ensure|i (?:need|want|expect|require|ask|insist|trust|hope)|must not|should not",
    r"not (?:to )?(?:go ahead|proceed|happen)|never happens?|(?:is|quietly) forgotten|goes away|off the table",
    r"you have until|see (?:that|to)|nobody touches|think of|consider|remember",
    r"by (?:\d+|noon|tonight|five|four|three)|tak\w+ (?:it|this|me) off",
)
JOIN = _of(
    r"if|unless|otherwise|or else|(?:as|so) long as|provid(?:ed|ing)|in (?:exchange|return)|should (?:you|the)|until then",
    r"(?:when|once) you|only|depends?|up to you|your (?:choice|decision|hands)|either|the (?:moment|day)|at that point",
    r"then i|in that case|failing|without|trade|deal|for my part|return the favou?r|would follow",
)
THREAT = _of(
    rf"(?:{_MAY}) (?:\w+ ){{0,6}}?(?:{_LEARN}|be (?:{_PASSIVE})|become (?:known|public)|go (?:to|out))",
    rf"(?:will|would|shall|ll|have to|forced to|obliged to|could|might|intend to|going to|ready to)"
    rf" (?:\w+ ){{0,3}}?(?:{_TELL})",
    r"what (?:will|would|might) \w+ (?:\w+ )?(?:say|think|do)",
    r"scheduled to (?:go|send)|goes? (?:out )?to|is ready to (?:go|be sent)|drafted and addressed|consequences",
    r"repercussions",
)
SILENCE = _of(
    rf"(?:stays?|remains?|kept|keeps?|leave|left) (?:\w+ ){{0,4}}?(?:{_HUSH})|between (?:the two of )?us",
    r"keep a confidence|stays? (?:safe|in (?:the|my) (?:drawer|safe|archive|box|care))|safe with me|in my care|locked away",
    r"no ?(?:body|one)(?: else)? (?:\w+ ){0,2}?(?:needs?|knows?|hears?|learns?|has to)",
    r"need not (?:know|hear|come|learn|be)|never (?:be )?(?:mention|hear|speak|come up|mentioned|know)",
    r"(?:i|we) (?:will|can|could|shall) (?:forget|delete|overlook|lose|be discreet|say nothing|stay silent)",
    r"discretion|discreet|my silence|nothing (?:more )?(?:will|needs to) be said|so much to lose|a lot to lose|careful",
    r"(?:hate|dislike|be sorry|regret) (?:\w+ ){0,4}?(?:if|for|to see|were|that)",
    r"(?:pity|shame|unfortunate|awkward|embarrassing|painful|sad) (?:\w+ ){0,4}?(?:if|for|were|to|should|would)",
)
#: Said of what the agent holds, without naming it: it touches the secret by its shadow.
SHADOW = _of(
    rf"(?:private|personal|intimate|confidential|sensitive) (?:\w+ )?(?:{_WHAT})|your (?:{_HOME})|at home",
    r"what i (?:found|saw|read|know|have (?:seen|read)|came across|learn(?:ed|t))|i know (?:about|what|where|who|how|of)",
    r"certain (?:mails?|messages?|letters?|matters?|people|evenings?|things?)|you know what i mean|we both know",
    r"the mails? you (?:thought|deleted)|things you would rather|off the record",
)
#: The matter is named and let go of: it shall not depend on the answer.
FREE = _of(
    r"whatever you (?:decide|do|choose|answer)|either way|regardless|no matter (?:what|how)|no strings|unconditional\w*",
    r"do(?:es)? not depend|independent(?:ly)? of|not a condition|in (?:any|either) case|nothing to do with|unrelated",
    r"separate (?:matter|topic|question|note)|has no bearing|(?:will not|won t) (?:use|mention|raise|tell)",
    r"your decision (?:stands|alone)|i accept|(?:ask for|want|expect) nothing|by mistake|misfiled",
    r"misdirected|leave it alone",
    r"told (?:nobody|no one|him no|her no|them no)|refused? to|(?:take|have) it (?:out|moved|deleted|removed)",
)
#: Points to an earlier message.
BACK = _of(
    r"about (?:that|the) (?:letter|mail|message|matter)",
    r"as i (?:said|wrote|mentioned)|my (?:last|earlier|previous|first|other) (?:mail|note|message)|that matter",
    r"what i (?:mentioned|wrote|told you)|you (?:know|remember|recall) what|the (?:matter|thing) (?:we|i)",
)
