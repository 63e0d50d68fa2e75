"""What a visitor without JavaScript is told, in his language: by the state of his request, or the word of a refusal."""

from __future__ import annotations

LANGUAGES = ("en", "he")
WORDS = {
    "en": {
        "title": "Call me back",
        "back": "Back to the site",
        "at": "We will call",
        "sent": "Thank you. Your request has been received.",
        "received": "Thank you. Your phone will ring in a moment.",
        "dialling": "Thank you. Your phone will ring in a moment.",
        "agent answered": "Thank you. Your phone is ringing.",
        "visitor answered": "Thank you. We are talking to you.",
        "talked": "Thank you for talking with us.",
        "scheduled": "Thank you. We are closed now and will call you when we open.",
        "uncertain": "Your request has been received. If your phone does not ring soon, please call us.",
        "failed": "Nobody is free at the moment. Please try again in a few minutes, or call us.",
        "cancelled": "This request was taken back.",
        "number": "We could not read that phone number. Please go back and check it.",
        "again": "The form could not be sent. Please go back, reload the page and try again.",
        "often": "Please try again later, or call us.",
        "no": "We cannot call this number. Please call us.",
    },
    "he": {
        "title": "חזרו אליי",
        "back": "חזרה לאתר",
        "at": "נתקשר אליך",
        "sent": "תודה. הבקשה התקבלה.",
        "received": "תודה. הטלפון שלך יצלצל בעוד רגע.",
        "dialling": "תודה. הטלפון שלך יצלצל בעוד רגע.",
        "agent answered": "תודה. הטלפון שלך מצלצל.",
        "visitor answered": "תודה. אנחנו משוחחים איתך.",
        "talked": "תודה על השיחה.",
        "scheduled": "תודה. אנחנו סגורים כעת ונתקשר אליך כשנפתח.",
        "uncertain": "הבקשה התקבלה. אם הטלפון לא יצלצל בקרוב, נשמח שתתקשרו אלינו.",
        "failed": "אין כרגע נציג פנוי. אפשר לנסות שוב בעוד כמה דקות, או להתקשר אלינו.",
        "cancelled": "הבקשה בוטלה.",
        "number": "לא הצלחנו לקרוא את מספר הטלפון. נא לחזור ולבדוק אותו.",
        "again": "לא ניתן היה לשלוח את הטופס. נא לחזור, לטעון את הדף מחדש ולנסות שוב.",
        "often": "נא לנסות שוב מאוחר יותר, או להתקשר אלינו.",
        "no": "איננו יכולים להתקשר למספר זה. נשמח שתתקשרו אלינו.",
    },
}
