"""French: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="fr",
    own_name="Français",
    skip="Aller au document",
    languages="Langue",
    nothing_due="Rien à payer",
    preview_alt="Image de la première page du document. Le texte complet se trouve dans le PDF.",
    view="Voir le document",
    view_hint="Ouvre le PDF dans un nouvel onglet",
    files="Télécharger",
    pdf="PDF",
    pdf_hint="À lire et à imprimer",
    e_format="Facture électronique",
    e_format_hint="XML, pour votre logiciel de comptabilité",
    signature="Conteneur signé",
    signature_hint="Facture électronique avec sa signature",
    e_document="Document électronique",
    e_document_hint="Pour votre logiciel de gestion",
    signed_document_hint="Document électronique avec sa signature",
    download="Télécharger\u00a0: {name}",
    confirm="J’accuse réception",
    confirm_lead="{seller} saura que le document vous est parvenu. Cela ne vaut pas acceptation de son contenu.",
    confirmed="Réception confirmée",
    confirmed_lead="Vous avez accusé réception le {time}. Merci.",
    press_again="Rien n’a encore été enregistré. Veuillez appuyer de nouveau sur le bouton.",
    superseded="Il existe une version corrigée de ce document. Veuillez utiliser celle-ci.",
    valid_until="Cette page vous est strictement réservée et reste accessible jusqu’au {date}.",
    privacy="Nous enregistrons l’ouverture de cette page, les téléchargements et votre accusé de réception.",
    expired="Ce lien a expiré",
    expired_lead="Pour votre sécurité, les liens ont une durée limitée. Demandez-en un nouveau à l’expéditeur.",
    revoked="Ce lien a été retiré",
    revoked_lead="L’expéditeur a retiré ce lien. Si vous attendez encore un document, veuillez le contacter.",
    unknown="Il n’y a rien à cette adresse",
    unknown_lead="Le lien a peut-être été coupé dans le message. Rouvrez-le depuis celui-ci ou copiez-le en entier.",
    unavailable="Veuillez réessayer dans un instant",
    unavailable_lead="La page ne peut pas être affichée pour le moment. Votre lien reste valable et rien n’est perdu.",
    not_ready="Le document est encore en préparation. Veuillez revenir un peu plus tard.",
)
