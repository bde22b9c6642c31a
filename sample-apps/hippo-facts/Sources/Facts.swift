struct Fact {
    var subject: StaticString
    var text: StaticString
}

let facts: [Fact] = [
    Fact(subject: "sleep", text: "A hippopotamus can sleep under water: it rises to breathe without waking."),
    Fact(subject: "swimming", text: "Hippos do not swim. They are too dense to float, and walk along the river bed."),
    Fact(subject: "family", text: "The closest living relatives of the hippopotamus are whales and dolphins."),
    Fact(subject: "speed", text: "On land a hippo outruns most people, at up to 30 kilometres an hour."),
    Fact(subject: "skin", text: "A hippo's skin gives off a red fluid that keeps the sun and germs away."),
    Fact(subject: "food", text: "Hippos graze at night, and eat about 40 kilograms of grass."),
    Fact(subject: "name", text: "The name comes from the Greek for river horse."),
]
