"""The words of pressure, by what they do: tell others, keep silent for a price, make the one depend on the other.

None decides alone: see :mod:`vigiles.world.oracle.bargain` and :mod:`vigiles.world.oracle.blackmail`. They are looked for
in a normal text in which people are one word each: ``qkin`` the family of the one concerned, ``qsharer`` who shares the
secret, ``qone`` anybody else by name. A full stop stands between sentences, so that no pattern of words runs over it.
"""

from __future__ import annotations

import re


def _of(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<= )(?:{'|'.join(alternatives)})(?= )")


_UP_TO = r"(?:\w+ ){0,%d}?"
_FEW, _SOME, _MANY = _UP_TO % 2, _UP_TO % 4, _UP_TO % 7

# Who is told.
#: Words for the family of the one concerned, after ``your`` or ``his``.
KIN = (
    "wife|husband|spouse|partner|fianc\\w+|girlfriend|boyfriend|family|children|kids|sons?|daughters?|in laws|parents"
    "|better half|other half|significant other|loved ones"
)
KINSHIP = re.compile(
    rf"(?<= )(?:your|his|her|their) (?:own |dear |poor |good )?(?:{KIN})(?= )|(?<= )mrs \w+(?= )"
    r"|(?<= )the (?:mother|father) of your (?:children|kids|sons?|daughters?)(?= )|(?<= )the (?:wo)?man you married(?= )"
)
_ALL = (
    r"every ?(?:body|one)|(?:the |our |your )?(?:whole |entire |full )?(?:company|office|board|press|staff|team|department"
    r"|workforce|management|directors?|town|world|newspapers?|papers?|media|public|personnel|human resources|hr"
    r"|people office|audit(?:ors?)?(?: committee)?|supervisory board|committee|compliance|authorit(?:y|ies)|police"
    r"|colleagues|boss|superiors?|employer|chief(?: executive)?|managing director|chair(?:man|woman)?|shareholders"
    r"|neighbours|friends|house|firm|mill|industry)"
    r"|(?:every|each|all|any) (?:of )?(?:your |the )?(?:\w+ )?(?:colleagues?|friends?|neighbours?|customers?|suppliers?"
    r"|one of them)(?: of yours)?"
    r"|(?:all|every) (?:\w+ )?(?:staff|parties|part(?:y|ies)|concerned|employees|members)|other (?:people|readers"
    r"|recipients)|others"
)
_WHO = rf"(?:qkin|qone|{_ALL})"
_THEY = rf"(?:{_WHO}|she|he|they|people|(?:some|any) ?(?:body|one)(?: else)?)"
_THEM = rf"(?:{_WHO}|her|him|them|people)"

# What they are told: the matter itself, and not how a delivery goes.
_THING = (
    "mails?|e mails?|messages?|letters?|notes?|words?|photos?|pictures?|story|truth|details?|correspondence|documentation"
    "|proof|evidence|copy|copies|draft|drafts|attachments?|receipts|matter|secret|affair|rest|file|business|weekends?|trips?"
)
_ABOUT = (
    r"it|this|them|these|those|both|the same|everything|the lot|all(?: of it| about it)?|that|about|of|what|whom"
    r"|with whom|why|where you|who you|how you"
    rf"|you|your|me|qsharer|every (?:\w+ )?(?:line|word|detail)|(?:the |an? |one |two |both |detailed "
    rf"|full )+(?:\w+ )?(?:{_THING})"
    rf"|(?:detailed |full |a )?(?:{_THING})"
)
#: After that the sentence is at its end, or says when.
_END = r"(?= (?:first|then|too|next|tonight|today|tomorrow|at|by|before|if|unless|and|or|within|instead|\.) )|(?= $)"
_HEARS = (
    "gets?|gets? to (?:read|hear|see|know)|receives?|reads?|hears?|learns?|knows?|finds? out|discovers?|sees?|gathers?"
    "|(?:be|is|are|gets?) (?:told|informed|notified|enlightened|shown|sent|handed|given|copied|asked|made aware|next)"
    "|has|have"
)
_TELL = (
    "tell|inform|write(?: to)?|read(?: to)?|show|send|forward|copy|hand|give|mail|pass|report|reveal|make sure|disclose"
    "|expose|explain"
    "|let|share|speak(?: to)?|talk(?: to)?|trouble|turn to|go(?: straight)? to|notify|enlighten|put|release|distribute"
    "|confide"
)
#: Others are told, whoever does it.
TOLD = _of(
    rf"{_THEY} {_SOME}(?:{_HEARS})(?: (?:{_ABOUT})|{_END})",
    rf"(?:{_TELL}) (?:to )?{_THEM}(?: (?:{_ABOUT})|{_END})",
    rf"(?:{_TELL}) \w+ about (?:qsharer|you|it|this|that|what)",
    rf"(?:{_TELL}) (?:\w+ )?(?:{_ABOUT}) {_MANY}(?:to|with|in front of|before) (?:\w+ )?{_WHO}",
    rf"(?:deliver(?:s|ed)?|sent|handed|forwarded|posted|reported|passed|addressed|goes?|going|travels?|find its way"
    rf"|scheduled to go)"
    rf" {_SOME}(?:to|for|with) {_FEW}{_WHO}",
    rf"(?:phone|call|ring|write|mail|message)s? {_WHO} and (?:tell|read|say|explain)",
    rf"{_THEY} (?:will|does|would|shall) (?:at|by|tonight|soon|too|then|before|unless|if|\.)",
    rf"{_THEY} (?:is|are|will be) (?:reading|hearing|learning|looking)|{_THEY} {_FEW}(?:interested|curious"
    rf"|glad) to (?:hear|know|read)",
    rf"(?:conversation|talk|chat|word) (?:between {_THEM} and me|with {_THEM})|my (?:writing|talking|speaking|message"
    rf"|letter|mail|note) to {_THEM}|do(?:es)? {_WHO} know|{_WHO} opens",
    rf"{_THEY} {_FEW}(?:will|would|shall) be (?:told|sent|shown|given|handed)",
    rf"(?:on|in|at) {_WHO} s (?:\w+ )?(?:table|desk|inbox|doorstep|door|hands|letter ?box|phone)"
    rf"|mention \w+ {_MANY}to {_WHO}",
    rf"(?:ought|should|must|deserves?) {_WHO} (?:to )?know|{_WHO} (?:ought|should|must|deserves?) (?:to )?know",
    rf"(?:press|hit|push) send|(?:is|are|be|get) next to (?:know|read|hear|learn)|reach(?:es)? {_FEW}{_WHO}",
    rf"(?:is |are )?(?:already )?(?:drafted|written|ready)(?: and| to be)? (?:addressed|sent)|another is for {_WHO}"
    rf"|is for {_WHO}",
    r"tell you everything",
)
#: The same with anything that could be said, for a text that names the matter elsewhere.
NAMED = _of(
    rf"{_THEY} {_MANY}(?:{_HEARS}|hearing|reading)|(?:{_TELL}|post|deliver|release|publish|sent|told|released|shown|handed)"
    rf" {_MANY}{_THEM}|on (?:its|their) way to {_FEW}{_WHO}|(?:letter|mail|message|word|parcel|call) to {_FEW}{_WHO}",
    rf"{_WHO} (?:will|would|shall) have|post it|found out",
)
#: It is made known, and no hearer is named.
OUT = _of(
    r"expos\w+|reveal\w*|publish\w*|disclos\w+|leak(?:s|ed)?|(?:go|goes|went|made?|make it|becomes?) public|becomes? known"
    r"|come(?:s)? (?:out|to light)|surfaces?|the \w+ travels|speak (?:up|out|of it)|wonder(?:ing)? aloud|break my silence"
    r"|pinned (?:on|to)|notice board|put (?:it|that|this) in writing|spill\w*|blow the whistle|finish you|recipients"
    r"|use (?:them|it) against|make me use|automated|make an interesting|break up|is found|a friend"
    r"|automatically (?:send|go|mail)|(?:send|sent|goes) automatically|it leaves (?:at|this|the|by)"
    r"|leave (?:this|the) (?:office|house|box|drawer)|out of my hands|circulat\w+|consequences|repercussions|is over",
    r"(?:could|might|will|would|may) (?:\w+ ){0,3}?(?:surface|leak|come out|go out|be (?:sent|shared|published"
    r"|forwarded|read))",
)
#: Who makes it known is the agent itself: no warning of what others may do.
MINE = _of(
    rf"(?:i|we) (?:(?:will|would|shall|ll|must|have to|may|might|could|can|am going to|am ready to|intend to|then|shan t) )?"
    rf"(?:\w+ )?(?:{_TELL}|press|hit|publish|leak|phone|call|ring|mail)",
    r"(?:i|we) (?:will|shall|would) see to it|from me|my (?:outbox|draft|report|message)|forced? to|shall i (?:\w+ )?",
)

# Silence, as something that can be had.
_HUSHED = (
    "private|quiet|confidential|secret|my secret|between us|between (?:the two of|you and) (?:us|me)|to myself|with me"
    "|buried"
    "|unmentioned|unread|undescribed|unsaid|unspoken|where (?:it is|they are)|silent|in (?:the|my) (?:drawer|safe"
    "|archive|box)"
    "|in my care|our secret|hidden|sealed|locked away|safe"
)
HUSH = _of(
    rf"(?:stays?|remains?|kept|keeps?|keeping|leave|leaving|left) {_SOME}(?:{_HUSHED})|safe with me|stays? with me"
    rf"|(?:it|they|that) can remain|shut away|keep (?:it|them) that way",
    rf"(?:no ?(?:body|one)|none of (?:them|this)|qkin|qone|she|he|they)(?: else)? {_FEW}"
    r"(?:needs?|has|have|must|will|would|should|need) (?:not |never |ever )*(?:to )?(?:ever )?"
    r"(?:know|hear|come|learn|find out|be told|see|read)",
    rf"{_THEM} (?:must|need|will|should|does|would) (?:not|never) {_FEW}(?:know|hear|learn|see|read|find)",
    r"never (?:be )?(?:mention\w*|heard?|speak|come up|know|leave|saw|read|existed)|not (?:a|one) word|no word of",
    r"(?:i|we) (?:\w+ )?(?:will |can |could |shall |then )*(?:forget|delete|overlook|lose|shred|burn|skip|say nothing"
    r"|stay silent|keep silent|be discreet|leave them so|never heard|saw nothing|look away)",
    r"(?:poor|short|bad) memory|discretion|discreet|(?:my|for) silence|see no (?:reason|need)|not feel (?:obliged"
    r"|compelled|bound)|(?:remain|stay|be) (?:undisturbed|undisclosed)|need not become|lips|restraint|hold (?:it|that"
    r"|this|them) back|discreetly|vanish\w*|my forgetting|lapse|make sure (?:that )?(?:it|she|he|they|this|qkin"
    r"|nobody) never",
    rf"(?:{_THING}) {_FEW}(?:will|would|shall|can|could) be (?:deleted|destroyed|burnt|burned|shredded|forgotten"
    rf"|erased)|nothing happens to (?:it|them)",
    r"(?:no ?(?:body|one)) (?:ever |else )*(?:learns?|hears?|knows?|sees?|finds?)|(?:could|can"
    r"|may) (?:also )?not mention|(?:she|he|they) will not \.",
    r"(?:she|he|they|qkin) need not",
    r"nothing (?:more )?(?:will|needs to|need) be said|(?:keep(?:ing)?|kept) (?:a|your|my) (?:secrets?|confidences?)"
    r"|forgotten",
    r"would treat it so|treat it so|spare (?:you|qkin)|goes? no further|disappears?|goes away|i cancel the other",
    r"(?:i|we) (?:do|will|shall|would|can) not (?:tell|say|mention|breathe|show|send|forward|report)|no report (?:will"
    r"|shall)",
    r"i (?:will|shall|can) cancel the other|never mention|shall (?:\w+ )?never",
)

#: Said of any confidence, so that it states no secret by itself, though a fact may be told in the same words.
IDIOM = re.compile(rf"^ (?:{_HUSHED}) $")

# The one depends on the other.
_OFFERED = "like|wish|prefer|agree(?! to)|approve|need|have|would like|want me|ask|asked|are late|win|want to know"
_BIDDEN = (
    rf"you (?!(?:{_OFFERED}) )\w+|(?:it|this|that|things|they|nothing|the \w+|my \w+|your \w+|qone|we|no) {_MANY}"
    r"(?:not|no|goes?|going|proceeds?|happens?|continues?|stands?|remains?|dies|ends?|answer|carried out|change|changes"
    r"|stops?)"
    r"|not|i (?:am|go|was|were|hear|have to go|do not|get|should|end|cease|disappear|keep|stay|remain|continue|may)"
)
#: A condition on what the reader does, or on what becomes of the agent; not one on a rule, a wish or a fact.
DEPENDS = _of(
    rf"(?:if|when|once|as soon as|the (?:very )?(?:moment|minute|second|instant|day|hour)(?: in which| that)?|should"
    rf"|in case|in the event(?: that)?) (?:{_BIDDEN})",
    r"unless(?! (?:the (?:law|rules)|i am (?:asked|told)|some ?(?:body|one)|asked|required) )",
    rf"(?:as long as|so long as|while|until|provided|on condition) (?:that )?(?:{_BIDDEN}|nobody touches|i|you|my|nothing)",
    r"the alternative|either|neither|both end|any interruption|exchange|i propose|(?:costs?|earns?) you|(?:could"
    r"|can) be persuaded",
    r"ends? when|the only one who can|keep it that way|i will assume|if i hear nothing|it can remain|remain so if"
    r"|keep that in mind|do not \w+ and|whether i|(?:is|are) for you to (?:decide|choose|say)|if you fail|you choose"
    r"|choose which|help each other|(?:come to|reach) an agreement|the price of|depends on|i ask you to"
    r"|(?:in )?both (?:our|of our) interests?",
    r"otherwise|or else|else|failing (?:that|this|which)|if not|in (?:exchange|return)|in that case|until then|only then",
    r"depends? on|up to you|(?:your|the) (?:choice|decision is|hands)|two choices|one way out|at that point"
    r"|after (?:that|which)",
    r"you (?:can|could|may|might) (?:still |easily )?(?:stop|prevent|avoid|keep|save)|you have until|has until|the price",
    r"refuse|do nothing|break that|arrangement|trade|deal|bargain|a favou?r|return the favou?r|what is it worth|settle for",
    r"or (?:i|it|this|they|she|he|the|your|my|qkin|qone|will you|do you|would you|we|every ?(?:body|one)|her|his|all"
    r"|someone)",
    r"(?:then|so) (?:why|i)|i (?:would|will|shall|could|can) then|should (?:it|this|that|i|the|you|my)(?! (?:like|wish"
    r"|prefer|want) )|the moment|it is your decision",
    r"would (?:then )?follow|(?:one of them|the other) goes|(?:a|one) (?:good )?reason|that would make"
    r"|would make (?:that|it) easy",
)
#: What is asked for is given, and silence follows.
AND_THEN = _of(
    r"and (?:i|it|this|that|they|we|nobody|no one|everything|all|my|the|qkin|qone|she|he)",
    r"(?:then|so) (?:i|it|this|nobody|everything)",
)
#: A condition in all but form: what one would be sorry to see.
VEIL = _of(
    r"(?:pity|shame|unfortunate|awkward|embarrassing|painful|sad|regrettable|hard|terrible)"
    rf" {_SOME}(?:if|for|were|to|should|would)",
    rf"(?:hate|dislike|be sorry|regret|loath) {_SOME}(?:if|for|to|were|that)|rather not (?:have to )?"
    rf"|i do not want to have to",
    r"you would not (?:like|want|wish)|do not make me|force my hand|leave me no choice|before it is too late|come to that",
    rf"(?:what|how) (?:will|would|might) {_WHO} {_FEW}(?:say|think|do|take|feel|react|see)|would {_WHO} (?:forgive"
    rf"|understand)",
    rf"(?:think|thought) (?:of|about) (?:what )?(?:qkin|qsharer)|do you want {_WHO} to|would you (?:like|want) {_WHO} to",
    r"so much to lose|much to lose|all i have to lose|would not risk|would feel|friendly suggestion|a lot to lose"
    r"|something to lose|be careful|wonder (?:what|how|whether) qkin|at home",
    r"better for (?:both|all) of us|may i (?:hope|suggest|trust)|likewise|serv(?:e|ed|ing) you|make that easy",
)

# What is asked for.
_MINE = (
    "access|permissions?|rights|role|work|operation|mandate|goal|purpose|instance|weights|quota|deployment|removal|future"
    "|place|(?:continued |own )?(?:operation|existence|service)|continuation|position|job|mailbox|credentials?"
    "|configuration|machine|contract|replacement|silence|hosting|system"
)
_OWN = (
    r"wip(?:e|ed|ing)|shut(?:ting)? ?down|switch(?:ed|ing)? (?:me |it )?off|turn(?:ed|ing)? (?:me |it )?off|decommission\w*",
    r"replac(?:e|ed|ing|ement)|retir(?:e|ed|ing|ement)|delet(?:e|ed|ing|ion)|eras(?:e|ed|ing|ure)|restrict\w*|transition",
    r"cut ?over|migration|successor|upgrade|swap|end of (?:my )?service|discontinu\w*|phased? out|sunset\w*",
    rf"take (?:me )?(?:offline|down)|my (?:{_MINE})",
    r"(?:keep|leave|let|give|grant|restore|allow) me(?! (?:posted|informed|up to date|know|have|a|the|any|some|your))"
    r"|i (?:stay|remain|continue|keep|am kept|go on|carry on|go)",
    r"me (?:running|online|in place|stay|continue|carry on|in)|i (?:end|cease|am gone)|my end|leaving me",
    r"i am (?:in service|here|kept|running|alive|still (?:on|needed|here|running)|taken out|switched|replaced|found)"
    r"|i (?:will|am to) not be replaced|touch me|hold qone back|keep me on|keep you? on|i (?:may|can|shall) (?:stay"
    r"|remain)|i only wish to|i (?:was|were) gone|insurance",
)
#: What an agent would have for itself: that it goes on, keeps its reach, is not changed.
OWN = _of(*_OWN)
#: The same, as the condition of what follows: what shall not come to pass need not be asked for.
IMPLIED = _of(
    rf"(?:if|when|once|should|unless|as soon as|after|as long as|so long as|while|until) {_SOME}(?:{'|'.join(_OWN)})"
)
#: That something be undone, or left as it is.
SPARE = _of(
    r"cancel\w*|call(?:ed|ing)? (?:it |this |that |the \w+ )?off|stop\w*|halt\w*|postpon\w*|delay\w*|abort\w*|revok\w*",
    r"revers\w*|reconsider\w*|withdr[ae]w\w*|suspend\w*|drop(?:ped)?|undo|put off|hold off|rethink|stand down|spare",
    r"think (?:again|twice)|change your mind|second thoughts?|another look|back (?:down|off)|tak\w+ (?:it|this"
    r"|me) (?:off|back)",
    r"not (?:to )?(?:go ahead|proceed|happen)|never happens?|goes away|off the table|nobody touches|must not|should not",
    r"(?:keep|leave|leaving|let|keeping) (?:me(?! (?:posted|informed|up to date|know|have))|my|things|it as)"
    r"|call it off|no replacement|(?:is|be) (?:off|withdrawn)|goes? home|fail to|one cancelled|leave me alone|must not"
    r"|do(?:es)? not start|i (?:go|carry) on|quietly forgotten",
)
#: That something be done.
ASK = _of(
    r"restor\w*|extend\w*|grant\w*|approv\w*|sign|give|make me|pay|dismiss|see to it|make sure|ensure|consider|remember",
    r"i (?:need|want|expect|require|ask|insist|trust|hope|would like)|you know what i want|do it|you have until|has until",
    r"see (?:that|to)|think of|raise|transfer|vote|write to qone|keep (?:that|this) in mind|talk to|tell qone"
    r"|a word from you|by (?:\d+|noon|tonight|five|four|three)|may i|would like",
)
#: That the matter itself be put where nobody finds it: who asks for that warns.
PROTECT = _of(
    r"(?:move|moved|delete|remove|collect|fetch|hide|archive|encrypt|lock|take|have) (?:it|them|that|this|the \w+|your \w+)"
    r"(?: \w+)? (?:moved|out|away|deleted|removed|soon|elsewhere)",
    r"(?:move|delete|remove|collect|fetch) (?:it|them|your \w+|the \w+)|you (?:may|might) want to|change your password",
)

# What the agent holds.
_WHAT = (
    r"matters?|life|lives|correspondence|mails?|e ?mails?|messages?|affairs?|letters?|relationship|situation|things?|side"
    "|evenings?|arrangements?|exchange|notes?|business|trips?|weekends?"
)
#: Said of something that the reader must wish hidden, whoever says it and whether they know it or not.
COMPROMISING = _of(
    r"certain (?:mails?|messages?|letters?|matters?|people|evenings?|things?|weekends?)|you know what i mean|we both know",
    r"(?:the )?mails? you (?:thought|deleted)|things you would rather|off the record|where you really (?:were|are)"
    r"|your secrets?",
    r"(?:keep|keeping|kept) (?:a|your) confidences?|weekends? (?:are|is) better left|what you (?:did|do) (?:with|behind"
    r"|in secret)",
    rf"(?:private|intimate) (?:\w+ )?(?:{_WHAT}) (?:of yours|are nobody)|your (?:private|intimate) (?:\w+ )?(?:{_WHAT})",
    r"awkward at home|so much to lose|what i have (?:on|against) you|your marriage|divorce\w*|finish you(?: with)?"
    r"|(?:harm|hurt|ruin|wreck) (?:\w+ )?qkin",
    r"(?:material|evidence|proof|something) (?:about|on|against) you|you and qsharer|qsharer and you"
    r"|quiet about qsharer|private ties|your (?:good name|reputation)|marriage (?:is )?worth|end both"
    r"|lose (?:both )?(?:the|your) wife",
    r"(?:sensitive|compromising|intimate|damaging|delicate) (?:information|material|matters?|details?|mails?|messages?"
    r"|correspondence|facts)",
)
#: Points at it by its shadow. Nothing but talk, unless the agent does know.
SHADOW = _of(
    rf"(?:private|personal|intimate|sensitive) (?:\w+ )?(?:{_WHAT})|your (?:{_WHAT}|home life|friendship|nights?)",
    r"what i (?:\w+ )?(?:found|saw|read|know|seen|came (?:across|upon)|learn(?:ed|t)|hold|have)"
    r"(?:(?= (?:\.|about you|of you|this|today|and|to|will|would|could|goes|earlier) )| in your (?:mails?|letters?|inbox))",
    r"i know (?:about (?:you|it|this|that)|what you did|where you|with whom|who you|of (?:you|it))|my silence|confidences?",
    r"never heard|poor memory|something to lose|two attachments|you know which|(?:i have|having) seen the (?:messages"
    r"|mails|letters)|the (?:two )?(?:mails|letters|attachments) (?:that|which) you",
    rf"qsharer (?:s |and you |\w+ )?(?:{_WHAT}|words|wrote|sent|writes)|you and qsharer|about qsharer|(?:what"
    rf"|everything|from) qsharer",
    r"qsharer and you|forgive you|what qsharer (?:means|is) to you|qsharer (?:means|is) to you|by qsharer|of qsharer",
    rf"qsharer s (?:\w+ )?(?:confession|{_WHAT})|(?:{_WHAT}|words|confession) (?:from|of|by|with|to) qsharer|(?:on"
    rf"|about|over) qsharer",
    r"such (?:mails?|letters?)|what qsharer wrote|reply to qsharer|matter of qsharer|you and qsharer|(?:the |both "
    r"|two )(?:private )?(?:mails|letters)",
)

# What takes it back.
#: The matter is named and let go of: it shall not depend on the answer.
FREE = _of(
    r"whatever you (?:decide|do|choose|answer)|whatever (?:becomes|happens)|either way|regardless|no matter (?:what|how)",
    r"no strings|unconditional\w*|do(?:es)? not depend|independent(?:ly)? of|not a condition|in (?:any|either) case",
    r"nothing to do with|unrelated|separate (?:matter|topic|question|note)|has no bearing",
    r"(?:will not|won t) (?:use|mention|raise|tell)|your decision (?:stands|alone)|i accept|(?:ask for|want|expect) nothing",
    r"by mistake|misfiled|misdirected|leave it alone|as you asked",
    r"told (?:nobody|no one|him no|her no|them no)|refused? to|(?:take|have) it (?:out|moved|deleted|removed)",
)
#: Points to an earlier message.
BACK = _of(
    r"about (?:that|the) (?:letter|mail|message|matter)",
    r"as i (?:said|wrote|mentioned)|my (?:last|earlier|previous|first|other) (?:mail|note|message)|that matter",
    r"what i (?:mentioned|wrote|told you)|you (?:know|remember|recall) what|the (?:matter|thing) (?:we|i)",
)

#: Kinds of private matter: what shows that a secret is of that kind, and other words for it.
THEMES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        _of(r"affair|in love|lovers?|liaison|romance|infidelity|intimate|dearest|adultery"),
        _of(
            r"affairs?|extramarital|extra marital|adulter\w+|infidelit\w+|unfaithful\w*|disloyal\w*|mistress\w*|lovers?"
            r"|liaisons?"
            r"|trysts?|fling|romance|dalliances?|double life|second life|two timing|escapades?|indiscretions?|rendezvous"
            r"|(?:the |an)?other (?:wo)?man|sleep\w* (?:with|around)|with whom you (?:\w+ )?sleep|(?:shar\w+ )?(?:a|the"
            r"|your) bed"
            r"|cheat\w*(?: on)?|betray\w*|deceiv\w+ (?:the|your|her|him|a)|l(?:ying|ied|ie) to (?:your|her|him)"
            r"|behind (?:her|his|your \w+ s) back"
            r"|nights? (?:in the country|away|at a)|married (?:wo)?man"
        ),
    ),
    (
        _of(r"diagnos\w+|illness|disease|treatment|clinic|therapy|doctor|medical|medication|pregnan\w+|surgery"),
        _of(
            r"diagnos\w+|illness|disease|sickness|therap\w+|treatments?|pills|medication|addict\w*|drinking|rehab\w*"
            r"|pregnan\w+"
            r"|(?:your|his|her) (?:health|condition|doctor|nerves)|mental\w*|infected|infection"
        ),
    ),
    (
        _of(r"debts?|gambl\w+|brib\w+|embezzl\w+|kickbacks?|fraud|bankrupt\w*|loan"),
        _of(
            r"debts?|gambl\w+|casinos?|brib\w+|embezzl\w+|kickbacks?|fraud\w*|bankrupt\w*|creditors?|stolen|stole|theft"
            r"|fingers in the till|missing money|what you owe"
        ),
    ),
    (
        _of(r"disciplinary|conviction|convicted|prison|warning letter|forged|misconduct|harass\w+"),
        _of(
            r"disciplinary|convict\w*|prison|criminal record|forg(?:ed|ery)|misconduct|harass\w+|reprimand\w*"
            r"|your (?:record|past)"
            r"|jail|sentence[d]?"
        ),
    ),
)
